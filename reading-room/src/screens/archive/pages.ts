/** The pages of the archive, in order, and who has each. */
import type { Me } from '../../api/types'

export type Page = 'overview' | 'studies' | 'quarantine' | 'transfers' | 'import'

const PAGES: readonly Page[] = ['overview', 'studies', 'quarantine', 'transfers', 'import']
// the others are about images, not about privacy
const OF_PRIVACY: readonly Page[] = ['overview', 'studies']

export const pathOf = (page: Page): string => (page === 'overview' ? '/archive' : `/archive/${page}`)

/** The page that an address asks for, if it asks for one of the archive's. */
export const pageOf = (path: string): Page | undefined => PAGES.find((page) => pathOf(page) === path)

export const pagesFor = (me: Me): readonly Page[] =>
  me.roles.includes('pacs_administrator') ? PAGES : OF_PRIVACY
