/** Which screens somebody has, by what she does. */
import type { Me } from '../api/types'

type Screen = 'worklist' | 'deliveries' | 'arrivals' | 'archive' | 'consents'

export function screensFor(me: Me): { screen: Screen; path: string }[] {
  const administers = me.roles.includes('pacs_administrator')
  const guards = me.roles.includes('privacy_officer')
  return [
    { screen: 'worklist', path: '/' },
    ...(administers
      ? ([
          { screen: 'deliveries', path: '/deliveries' },
          { screen: 'arrivals', path: '/arrivals' },
        ] as const)
      : []),
    ...(administers || guards ? ([{ screen: 'archive', path: '/archive' }] as const) : []),
    ...(guards ? ([{ screen: 'consents', path: '/consents' }] as const) : []),
  ]
}
