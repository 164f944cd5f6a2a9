import { useState } from 'react'
import { useLanguage, useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { moment } from '../../words/time'
import { size } from './figures'
import { HeldDialog } from './HeldDialog'
import { useHeld } from './queries'
import type { Held, HeldState } from './types'
import { en } from './words.en'
import { nl } from './words.nl'

const STATES: HeldState[] = ['held', 'readmitted', 'discarded']

/** What was refused, and what becomes of it. */
export function Quarantine() {
  const words = useWords({ nl, en })
  const { language } = useLanguage()
  const refused = useRefused()
  const [state, setState] = useState<HeldState>('held')
  const [open, setOpen] = useState<Held | null>(null)
  const { data, error } = useHeld(state)
  return (
    <section>
      <header>
        <h1>{words.page.quarantine}</h1>
        {STATES.map((one) => (
          <button key={one} className="plain" aria-pressed={one === state} onClick={() => setState(one)}>
            {words.heldState[one]}
          </button>
        ))}
      </header>
      {error !== null && (
        <p className="bad" role="alert">
          {refused(error)}
        </p>
      )}
      <table>
        <thead>
          <tr>
            {(['received', 'sender', 'protocol', 'what'] as const).map((column) => (
              <th key={column}>{words[column]}</th>
            ))}
            <th className="figure">{words.size}</th>
            <th>{state === 'held' ? '' : words.resolution}</th>
          </tr>
        </thead>
        <tbody>
          {data?.map((one) => (
            <tr key={one.id} data-testid="held" data-state={one.reason}>
              <td>{moment(one.received_at, language)}</td>
              <td>{one.sender}</td>
              <td>{one.protocol.toUpperCase()}</td>
              <td>
                {one.sentence}
                {one.uid !== '' && <div className="uid faint">{one.uid}</div>}
              </td>
              <td className="figure">{size(one.bytes, language)}</td>
              <td className={state === 'held' ? 'figure' : 'quiet'}>
                {state === 'held' ? (
                  <button data-testid={`look-${one.id}`} onClick={() => setOpen(one)}>
                    {words.look}
                  </button>
                ) : (
                  one.resolution
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {data?.length === 0 && <p className="empty">{words.nothingHeld}</p>}
      {open !== null && <HeldDialog held={open} onClose={() => setOpen(null)} />}
    </section>
  )
}
