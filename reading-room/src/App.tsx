import { useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useState } from 'react'
import { onSignedOut } from './api/client'
import { kept } from './api/keys'
import type { Me } from './api/types'
import { LiveFeed } from './feed/useFeed'
import { Help } from './keys/Help'
import { useCommands, useKeyboard } from './keys/useCommands'
import { Arrivals } from './screens/arrivals/Arrivals'
import { Consents } from './screens/consents/Consents'
import { Deliveries } from './screens/deliveries/Deliveries'
import { SignIn } from './screens/sign-in/SignIn'
import { Worklist } from './screens/worklist/Worklist'
import { Bar } from './shell/Bar'
import { go, useRoute, type Route } from './shell/route'
import { Safe } from './shell/Safe'
import { screensFor } from './shell/screens'
import { useMe, useSignOut } from './shell/session'
import { en } from './shell/words.en'
import { nl } from './shell/words.nl'
import { useLanguage, useWords } from './words/language'

const Archive = lazy(() => import('./screens/archive/Archive'))
const Reading = lazy(() => import('./screens/reading/Reading'))

/** The reading room: who is signed in, which screen, and the keys that work everywhere. */
export function App() {
  const cache = useQueryClient()
  const me = useMe()
  const words = useWords({ nl, en })
  const { language, choose } = useLanguage()
  const [helping, setHelping] = useState(false)
  useKeyboard()
  useEffect(() => onSignedOut(() => cache.setQueryData(kept.me, null)), [cache])
  useCommands({
    help: () => setHelping(true),
    language: () => choose(language === 'nl' ? 'en' : 'nl'),
  })

  if (me.data === undefined) return <p className="opening quiet">{words.opening}</p>
  return (
    <>
      {me.data === null ? (
        <SignIn />
      ) : (
        <LiveFeed key={me.data.id}>
          <Screens me={me.data} onHelp={() => setHelping(true)} />
        </LiveFeed>
      )}
      {helping && <Help onClose={() => setHelping(false)} />}
    </>
  )
}

function Screens({ me, onHelp }: { me: Me; onHelp: () => void }) {
  const route = useRoute()
  const signOut = useSignOut()
  const words = useWords({ nl, en })
  const has = (screen: string) => screensFor(me).some((one) => one.screen === screen)
  useCommands({
    goWorklist: () => go('/'),
    ...(has('deliveries') && { goDeliveries: () => go('/deliveries'), goArrivals: () => go('/arrivals') }),
    ...(has('archive') && { goArchive: () => go('/archive') }),
    ...(has('consents') && { goConsents: () => go('/consents') }),
    signOut: () => signOut.mutate(),
  })
  if (route.screen === 'task') {
    return (
      <Safe sentence={words.broken} again={words.reload}>
        <Suspense fallback={<p className="opening quiet">{words.opening}</p>}>
          <Reading key={route.task} taskId={route.task} me={me} onHelp={onHelp} />
        </Suspense>
      </Safe>
    )
  }
  return (
    <div className="shell">
      <Bar me={me} route={route} onHelp={onHelp} onSignOut={() => signOut.mutate()} />
      <main>
        <Safe key={route.screen} sentence={words.broken} again={words.reload}>
          <Screen route={route} me={me} />
        </Safe>
      </main>
    </div>
  )
}

function Screen({ route, me }: { route: Route; me: Me }) {
  if (route.screen === 'deliveries') return <Deliveries />
  if (route.screen === 'arrivals') return <Arrivals />
  if (route.screen === 'archive') {
    return (
      <Suspense fallback={null}>
        <Archive page={route.page} me={me} />
      </Suspense>
    )
  }
  if (route.screen === 'consents') return <Consents />
  return <Worklist me={me} />
}
