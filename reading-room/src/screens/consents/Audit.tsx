import { DeliveryMark } from '../../design/marks'
import { useLanguage, useWords } from '../../words/language'
import { moment } from '../../words/time'
import { useAudit } from './queries'
import { en } from './words.en'
import { nl } from './words.nl'

/** Who saw or did what of late. */
export function Audit() {
  const words = useWords({ nl, en })
  const { language } = useLanguage()
  const audit = useAudit()
  return (
    <section>
      <header>
        <h2>{words.audit}</h2>
        <span className="quiet">{words.auditSays}</span>
      </header>
      <table>
        <thead>
          <tr>
            {(['at', 'who', 'action', 'purpose', 'subject', 'allowed'] as const).map((column) => (
              <th key={column}>{words[column]}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {audit.data?.map((line, index) => (
            <tr key={index} data-testid="audit-line">
              <td>{moment(line.at, language)}</td>
              <td>
                {line.reader ?? words.nobody} <span className="faint">{line.reader_hospital}</span>
              </td>
              <td>{line.action}</td>
              <td>{line.purpose}</td>
              <td>
                {line.subject_kind} <span className="uid faint">{line.subject_id.slice(0, 36)}</span>
              </td>
              <td>
                <span className="stated">
                  <DeliveryMark state={line.allowed ? 'acknowledged' : 'refused'} />
                  {line.allowed ? words.yes : words.no}
                  {line.reasons.length > 0 && <span className="faint">{line.reasons.join(', ')}</span>}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
