import type { Me } from '../../api/types'
import { useLanguage, useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { moment } from '../../words/time'
import { useDamaged, useEndpoints, useTransfer } from './queries'
import { en } from './words.en'
import { nl } from './words.nl'

/** Images that are not as they came; an administrator has them fetched again from their PACS. */
export function DamagedImages({ me }: { me: Me }) {
  const words = useWords({ nl, en })
  const { language } = useLanguage()
  const damaged = useDamaged()
  const administers = me.roles.includes('pacs_administrator')
  return (
    <section>
      <header>
        <h2>{words.damaged}</h2>
      </header>
      {damaged.data?.length === 0 && <p className="empty">{words.noneDamaged}</p>}
      {damaged.data !== undefined && damaged.data.length > 0 && (
        <table>
          <thead>
            <tr>
              <th>{words.found}</th>
              <th>{words.study}</th>
              <th>{words.image}</th>
              <th />
            </tr>
          </thead>
          <tbody>
            {damaged.data.map((one) => (
              <tr key={one.sop_instance_uid} data-testid="damaged">
                <td>{moment(one.found_at, language)}</td>
                <td className="uid">{one.study_instance_uid}</td>
                <td className="uid">{one.sop_instance_uid}</td>
                <td className="figure">{administers && <FetchAgain study={one.study_instance_uid} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

function FetchAgain({ study }: { study: string }) {
  const words = useWords({ nl, en })
  const refused = useRefused()
  const endpoints = useEndpoints()
  const transfer = useTransfer()
  const from = endpoints.data?.[0]
  if (transfer.isSuccess) return <span className="good">{words.asked}</span>
  return (
    <>
      {transfer.error !== null && (
        <span className="bad" role="alert">
          {refused(transfer.error)}
        </span>
      )}
      <button
        disabled={from === undefined || transfer.isPending}
        onClick={() => {
          if (from === undefined) return
          transfer.mutate({
            direction: 'fetch',
            endpoint_id: from.endpoint_id,
            study_instance_uid: study,
            priority: 'urgent',
          })
        }}
      >
        {words.fetchAgain}
      </button>
    </>
  )
}
