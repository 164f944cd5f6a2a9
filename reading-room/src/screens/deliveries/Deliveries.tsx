import { useState } from 'react'
import { DeliveryMark } from '../../design/marks'
import { useLanguage, useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { shared } from '../../words/shared'
import { moment } from '../../words/time'
import { useDeliveries, useRetry, type Show } from './queries'
import { en } from './words.en'
import { nl } from './words.nl'

const SHOWS: Show[] = ['all', 'owed', 'refused', 'acknowledged']

/** What is owed to the hospital, for its PACS administrator. */
export function Deliveries() {
  const words = useWords({ nl, en })
  const { delivery, deliveryState } = useWords(shared)
  const { language } = useLanguage()
  const refused = useRefused()
  const [show, setShow] = useState<Show>('all')
  const list = useDeliveries(show)
  const retry = useRetry()
  const error = list.error ?? retry.error
  return (
    <div className="sheet">
      <section>
        <header>
          <h1>{words.title}</h1>
          <span className="quiet">{words.says}</span>
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
        <table>
          <thead>
            <tr>
              {(['state', 'what', 'procedure', 'endpoint', 'owedAt'] as const).map((column) => (
                <th key={column}>{words[column]}</th>
              ))}
              <th className="figure">{words.attempts}</th>
              <th>{words.next}</th>
              <th>{words.error}</th>
              <th />
            </tr>
          </thead>
          <tbody>
            {list.data?.map((one) => (
              <tr key={one.id} data-testid={`delivery-${one.kind}`} data-state={one.state}>
                <td>
                  <span className="stated">
                    <DeliveryMark state={one.state} />
                    {deliveryState[one.state]}
                  </span>
                </td>
                <td>{delivery[one.kind]}</td>
                <td>{one.procedure_nl}</td>
                <td>{one.endpoint_id}</td>
                <td>{moment(one.owed_at, language)}</td>
                <td className="figure">{one.attempts}</td>
                <td>{one.state === 'owed' ? moment(one.next_attempt_at, language) : '–'}</td>
                <td className={one.state === 'acknowledged' ? 'faint' : 'bad'}>{one.last_error}</td>
                <td>
                  {(one.state === 'owed' || one.state === 'refused') && (
                    <button
                      data-testid={`retry-${one.id}`}
                      disabled={retry.isPending}
                      onClick={() => retry.mutate(one.id)}
                    >
                      {words.retry}
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {list.data?.length === 0 && <p className="empty">{words.none}</p>}
      </section>
    </div>
  )
}
