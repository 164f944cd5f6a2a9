import type { Report, TaskDetail } from '../../api/types'
import { SECTIONS } from '../../api/types'
import { DeliveryMark } from '../../design/marks'
import { COMMANDS, printed } from '../../keys/registry'
import { useLanguage, useWords } from '../../words/language'
import { said } from '../../words/said'
import { shared } from '../../words/shared'
import { clock, moment } from '../../words/time'
import { Values } from './MeasurementList'
import { useTaskDeliveries } from './queries'
import { en } from './words.en'
import { nl } from './words.nl'

interface SignedReportProps {
  task: TaskDetail
  report: Report
  onNext: () => void
}

/** What was signed, and how far it is on its way home. */
export function SignedReport({ task, report, onNext }: SignedReportProps) {
  const words = useWords({ nl, en })
  const { language } = useLanguage()
  return (
    <>
      <div className="signed" data-testid="signed" data-status={report.status}>
        <b className="good">{words.status[report.status]}</b>
        <span className="quiet">
          {words.signedBy(report.author.name, report.author.hospital_name)} · {moment(report.signed_at, language)} ·{' '}
          {words.version(report.version)}
        </span>
      </div>
      <div className="writing">
        <DeliveryList task={task.id} />
        <div className="report-text large" lang={report.language}>
          {SECTIONS.filter((section) => (report.sections[section] ?? '') !== '').map((section) => (
            <section key={section}>
              <h3>{words.section[section]}</h3>
              <p>{report.sections[section]}</p>
            </section>
          ))}
          {report.annotations.map((one) => (
            <p key={one.tracking_uid}>
              <b>{words.tool[one.tool]}</b> <Values annotation={one} />
            </p>
          ))}
        </div>
      </div>
      <footer>
        <button className="main" data-testid="next-task" onClick={onNext}>
          {words.nextTask} <kbd>{printed(COMMANDS.nextTask.keys[0])}</kbd>
        </button>
      </footer>
    </>
  )
}

function DeliveryList({ task }: { task: string }) {
  const words = useWords({ nl, en })
  const { delivery, deliveryState } = useWords(shared)
  const { language } = useLanguage()
  const list = useTaskDeliveries(task, true)
  return (
    <section className="deliveries" aria-live="polite">
      <h3>{words.deliveries}</h3>
      {list.data?.length === 0 && <p className="faint">{words.noDeliveries}</p>}
      <ul>
        {list.data?.map((one) => (
          <li key={one.id} data-testid={`delivery-${one.kind}`} data-state={one.state}>
            <DeliveryMark state={one.state} />
            <div>
              <b>{delivery[one.kind]}</b>{' '}
              <span className="faint">
                {one.label !== '' && `${said(one.label, language)} `}
                {words.to} {one.endpoint_id}
              </span>
              {one.state !== 'acknowledged' && one.last_error !== '' && (
                <p className="bad">{said(one.last_error, language)}</p>
              )}
            </div>
            <span className="faint when">
              {deliveryState[one.state]}
              {one.state === 'acknowledged' && ` ${clock(one.acknowledged_at)}`}
              {one.state === 'owed' && one.attempts > 0 && (
                <>
                  <br />
                  {words.attempt(one.attempts)}, {words.next(clock(one.next_attempt_at))}
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
