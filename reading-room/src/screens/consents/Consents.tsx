import { useState } from 'react'
import type { ConsentDecision, PatientConsent } from '../../api/types'
import { DeliveryMark } from '../../design/marks'
import { useLanguage, useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { day, moment } from '../../words/time'
import { Audit } from './Audit'
import { ConsentDialog } from './ConsentDialog'
import { usePatients } from './queries'
import { en } from './words.en'
import { nl } from './words.nl'

const MARKS = { permit: 'acknowledged', deny: 'refused' } as const

/** What patients said about sharing, for the privacy officer. */
export function Consents() {
  const words = useWords({ nl, en })
  const { language } = useLanguage()
  const refused = useRefused()
  const patients = usePatients()
  const [filter, setFilter] = useState('')
  const [asking, ask] = useState<{ patient: PatientConsent; decision: ConsentDecision } | null>(null)
  const shown = (patients.data ?? []).filter((one) =>
    `${one.name} ${one.number}`.toLowerCase().includes(filter.toLowerCase()),
  )
  return (
    <div className="sheet">
      <section>
        <header>
          <h1>{words.patients}</h1>
          <span className="quiet">{words.patientsSay}</span>
          <input
            type="search"
            value={filter}
            placeholder={words.filter}
            aria-label={words.filter}
            onChange={(event) => setFilter(event.target.value)}
          />
        </header>
        {patients.error !== null && (
          <p className="bad" role="alert">
            {refused(patients.error)}
          </p>
        )}
        <table>
          <thead>
            <tr>
              {(['number', 'name', 'born', 'answer', 'since', 'source'] as const).map((column) => (
                <th key={column}>{words[column]}</th>
              ))}
              <th />
            </tr>
          </thead>
          <tbody>
            {shown.map((one) => (
              <tr key={one.patient_id} data-testid={`patient-${one.patient_id}`} data-state={one.consent?.decision ?? 'unknown'}>
                <td>{one.number}</td>
                <td>{one.name}</td>
                <td>{day(one.birth_date, language)}</td>
                <td>
                  <span className="stated">
                    <DeliveryMark state={one.consent === null ? 'withdrawn' : MARKS[one.consent.decision]} />
                    {one.consent === null ? words.unknown : words.decision[one.consent.decision]}
                  </span>
                </td>
                <td>{moment(one.consent?.since, language)}</td>
                <td className="quiet">{[one.consent?.source, one.consent?.reason].filter(Boolean).join(', ')}</td>
                <td className="figure">
                  {(['permit', 'deny'] as const)
                    .filter((decision) => decision !== one.consent?.decision)
                    .map((decision) => (
                      <button
                        key={decision}
                        className="plain"
                        data-testid={`${decision}-${one.patient_id}`}
                        onClick={() => ask({ patient: one, decision })}
                      >
                        {words[decision]}
                      </button>
                    ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {patients.data !== undefined && shown.length === 0 && <p className="empty">{words.none}</p>}
      </section>
      <Audit />
      {asking !== null && <ConsentDialog {...asking} onClose={() => ask(null)} />}
    </div>
  )
}
