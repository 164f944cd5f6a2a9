import { useState } from 'react'
import { useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { useEndpoints, useRule } from './queries'
import type { EndpointRule } from './types'
import { en } from './words.en'
import { nl } from './words.nl'

const WAYS = ['move', 'get', 'web'] as const

/** How much each of the hospital's systems is burdened, and when. */
export function Rules() {
  const words = useWords({ nl, en })
  const endpoints = useEndpoints()
  return (
    <section>
      <header>
        <h2>{words.rules}</h2>
        <span className="quiet">{words.rulesSay}</span>
      </header>
      {endpoints.data?.length === 0 && <p className="empty">{words.noEndpoints}</p>}
      {endpoints.data?.map((one) => <RuleForm key={one.endpoint_id} rule={one} />)}
    </section>
  )
}

function RuleForm({ rule }: { rule: EndpointRule }) {
  const words = useWords({ nl, en })
  const refused = useRefused()
  const change = useRule()
  const [associations, setAssociations] = useState(String(rule.associations))
  const [megabits, setMegabits] = useState(rule.megabits === null ? '' : String(rule.megabits))
  const [windows, setWindows] = useState(rule.windows.join(', '))
  const [way, setWay] = useState(rule.fetch_by)
  return (
    <form
      className="rule"
      data-testid={`rule-${rule.endpoint_id}`}
      onSubmit={(event) => {
        event.preventDefault()
        change.mutate({
          endpoint_id: rule.endpoint_id,
          associations: Number(associations),
          megabits: megabits === '' ? null : Number(megabits),
          windows: windows.split(',').map((one) => one.trim()).filter(Boolean),
          fetch_by: way,
          commits: rule.commits,
        })
      }}
    >
      <strong>
        {rule.application} <span className="faint">{rule.endpoint_id}</span>
      </strong>
      <label>
        <span>{words.associations}</span>
        <input
          className="short"
          type="number"
          min={1}
          value={associations}
          onChange={(event) => setAssociations(event.target.value)}
        />
      </label>
      <label>
        <span>{words.megabits}</span>
        <input
          className="short"
          type="number"
          min={0.1}
          step="any"
          value={megabits}
          placeholder={words.unlimited}
          onChange={(event) => setMegabits(event.target.value)}
        />
      </label>
      <label>
        <span>{words.windows}</span>
        <input
          value={windows}
          placeholder={words.always}
          title={words.windowsHint}
          onChange={(event) => setWindows(event.target.value)}
        />
      </label>
      <label>
        <span>{words.fetches}</span>
        <select value={way} onChange={(event) => setWay(event.target.value as EndpointRule['fetch_by'])}>
          {WAYS.map((one) => (
            <option key={one} value={one}>
              {words.fetchBy[one]}
            </option>
          ))}
        </select>
      </label>
      <button disabled={change.isPending}>{words.save}</button>
      {change.isSuccess && <span className="good">✓</span>}
      {change.error !== null && (
        <span className="bad" role="alert">
          {refused(change.error)}
        </span>
      )}
    </form>
  )
}
