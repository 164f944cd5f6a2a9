import { useState } from 'react'
import { Wordmark } from '../../design/marks'
import { useLanguage, useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { DemoPeople } from './DemoPeople'
import { useSignIn, useWays } from './queries'
import './sign-in.css'
import { en } from './words.en'
import { nl } from './words.nl'

/** Who are you: by the hospital's identity provider, by name and password, or in the demo by choice. */
export function SignIn() {
  const words = useWords({ nl, en })
  const { language, choose } = useLanguage()
  const refused = useRefused()
  const ways = useWays()
  const signIn = useSignIn()
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const demo = ways.data?.demo_readers ?? []

  return (
    <main className="sign-in">
      <button
        className="plain language"
        lang={language === 'nl' ? 'en' : 'nl'}
        onClick={() => choose(language === 'nl' ? 'en' : 'nl')}
      >
        {words.otherLanguage}
      </button>
      <section className="gate">
        <h1>
          <Wordmark />
          crossread
        </h1>
        <p className="quiet">{words.purpose}</p>
        {ways.data?.oidc === true && (
          <a className="oidc" href="/api/sign-in/oidc">
            {words.oidc(ways.data.oidc_name ?? '')}
          </a>
        )}
        {ways.data?.local !== false && (
          <form
            onSubmit={(event) => {
              event.preventDefault()
              signIn.mutate({ username, password })
            }}
          >
            <label>
              {words.username}
              <input
                value={username}
                autoComplete="username"
                autoFocus={ways.data !== undefined && demo.length === 0}
                onChange={(event) => setUsername(event.target.value)}
              />
            </label>
            <label>
              {words.password}
              <input
                type="password"
                value={password}
                autoComplete="current-password"
                onChange={(event) => setPassword(event.target.value)}
              />
            </label>
            <button className="main" disabled={username === '' || signIn.isPending}>
              {words.signIn}
            </button>
          </form>
        )}
        <p className="bad refused" role="alert">
          {signIn.error !== null && refused(signIn.error)}
          {ways.error !== null && refused(ways.error)}
        </p>
      </section>
      {demo.length > 0 && (
        <DemoPeople
          people={demo}
          onChoose={({ username, password }) => signIn.mutate({ username, password })}
        />
      )}
    </main>
  )
}
