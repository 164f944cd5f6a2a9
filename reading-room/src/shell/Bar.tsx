import type { Me } from '../api/types'
import { Wordmark } from '../design/marks'
import { shared } from '../words/shared'
import { useLanguage, useWords } from '../words/language'
import { Live } from './Live'
import { go, type Route } from './route'
import { screensFor } from './screens'
import { en } from './words.en'
import { nl } from './words.nl'

interface BarProps {
  me: Me
  route: Route
  onHelp: () => void
  onSignOut: () => void
}

/** The bar over every screen but the reading screen, which has the patient there. */
export function Bar({ me, route, onHelp, onSignOut }: BarProps) {
  const words = useWords({ nl, en })
  const { role } = useWords(shared)
  const { language, choose } = useLanguage()
  return (
    <header className="bar">
      <span className="wordmark">
        <Wordmark />
        crossread
      </span>
      <nav aria-label={words.screens}>
        {screensFor(me).map(({ screen, path }) => (
          <a
            key={screen}
            href={path}
            aria-current={route.screen === screen ? 'page' : undefined}
            onClick={(event) => {
              event.preventDefault()
              go(path)
            }}
          >
            {words[screen]}
          </a>
        ))}
      </nav>
      <span className="push" />
      <Live />
      <button className="plain" onClick={onHelp}>
        {words.keys} <kbd>?</kbd>
      </button>
      <button
        className="plain"
        lang={language === 'nl' ? 'en' : 'nl'}
        onClick={() => choose(language === 'nl' ? 'en' : 'nl')}
      >
        {words.otherLanguage}
      </button>
      <span className="who">
        {me.name}
        <small>
          {me.hospital_name} · {me.roles.map((one) => role[one]).join(', ')}
        </small>
      </span>
      <button className="plain" onClick={onSignOut} data-testid="sign-out">
        {words.signOut}
      </button>
    </header>
  )
}
