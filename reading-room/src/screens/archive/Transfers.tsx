import { useState } from 'react'
import { useLanguage, useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { moment } from '../../words/time'
import { Bar } from './Bar'
import { count, share, size } from './figures'
import { useMove, useTransfers, type Show } from './queries'
import { Rules } from './Rules'
import type { Transfer } from './types'
import { en } from './words.en'
import { nl } from './words.nl'

const SHOWS: Show[] = ['open', 'ended', 'all']
const TONES = { failed: 'bad', paused: 'warn', waiting: 'quiet', running: 'accent', done: 'good', cancelled: 'faint' } as const

/** What is on its way between the archive and the hospital's own systems. */
export function Transfers() {
  const words = useWords({ nl, en })
  const refused = useRefused()
  const [show, setShow] = useState<Show>('open')
  const { data, error } = useTransfers(show)
  return (
    <>
      <section>
        <header>
          <h1>{words.transfers}</h1>
          <span className="quiet">{words.transfersSay}</span>
          {SHOWS.map((one) => (
            <button key={one} className="plain" aria-pressed={one === show} onClick={() => setShow(one)}>
              {words.show[one]}
            </button>
          ))}
        </header>
        {error !== null && (
          <p className="bad" role="alert">
            {refused(error)}
          </p>
        )}
        {data !== undefined && data.length > 0 && (
          <table>
            <tbody>
              {data.map((one) => (
                <Row key={one.id} transfer={one} />
              ))}
            </tbody>
          </table>
        )}
        {data?.length === 0 && <p className="empty">{words.noTransfers}</p>}
      </section>
      <Rules />
    </>
  )
}

function Row({ transfer }: { transfer: Transfer }) {
  const words = useWords({ nl, en })
  const { language } = useLanguage()
  const refused = useRefused()
  const move = useMove()
  const told = transfer.listed
    ? words.progressTold(count(transfer.done, language), count(transfer.total, language))
    : words.counting
  return (
    <tr data-testid="transfer" data-state={transfer.state}>
      <td className={TONES[transfer.state]}>{words.transferState[transfer.state]}</td>
      <td>
        {words.direction[transfer.direction]} {transfer.endpoint_id}
        <div className="uid faint">{transfer.study_instance_uid}</div>
      </td>
      <td className="wide">
        <Bar
          part={share(transfer.done, transfer.total)}
          label={told}
          tone={transfer.failed > 0 ? 'bad' : 'plain'}
        />
        <div className="quiet note">
          {[told, size(transfer.bytes, language), transfer.failed > 0 && words.failedOf(count(transfer.failed, language))]
            .filter(Boolean)
            .join(' · ')}
        </div>
        {transfer.last_error !== '' && <div className="bad">{transfer.last_error}</div>}
        {move.error !== null && (
          <div className="bad" role="alert">
            {refused(move.error)}
          </div>
        )}
      </td>
      <td className="quiet">
        {transfer.asked_by}
        <div>{moment(transfer.asked_at, language)}</div>
      </td>
      <td className="figure">
        {transfer.moves.map((one) => (
          <button
            key={one}
            className="plain"
            data-testid={`${one}-${transfer.id}`}
            disabled={move.isPending}
            onClick={() => move.mutate({ id: transfer.id, move: one })}
          >
            {words.move[one]}
          </button>
        ))}
      </td>
    </tr>
  )
}
