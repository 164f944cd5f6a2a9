import { useRef } from 'react'
import type { Annotation, Report, Section, TaskDetail } from '../../api/types'
import { COMMANDS, printed } from '../../keys/registry'
import { useLanguage, useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { HoldLine } from './HoldLine'
import { MeasurementList } from './MeasurementList'
import { SectionFields } from './SectionFields'
import { inserted, sentenceOf } from './sentence'
import { SignedReport } from './SignedReport'
import type { Desk } from './useDesk'
import type { Hung } from './useHanging'
import { useReportCommands } from './useReportCommands'
import { en } from './words.en'
import { nl } from './words.nl'

interface ReportPaneProps {
  task: TaskDetail
  desk: Desk
  hung: Hung
  report: Report | null
  maySign: boolean
  mayReport: boolean
  onSign: () => void
  onRelease: () => void
  onNext: () => void
}

/** What was asked, what is found, and the way home. */
export function ReportPane(props: ReportPaneProps) {
  const { task, desk, hung, report } = props
  const words = useWords({ nl, en })
  const { language } = useLanguage()
  const refused = useRefused()
  const fields = useRef<Partial<Record<Section, HTMLTextAreaElement>>>({})
  const isHeld = desk.hold.kind === 'held'

  const insert = async (one: Annotation | undefined) => {
    if (one === undefined || desk.sections === null || !desk.editable) return
    await desk.saver.flush()
    const measured = desk.measured(one)
    const sentence = sentenceOf(measured, hung.seen(one), language)
    if (sentence === null) return
    const field = fields.current.findings
    const text = field?.value ?? desk.sections.findings
    const result = inserted(text, field?.selectionStart ?? text.length, sentence)
    desk.write('findings', result.text)
    field?.focus()
    requestAnimationFrame(() => field?.setSelectionRange(result.cursor, result.cursor))
  }
  useReportCommands({
    ...props,
    focus: (section) => fields.current[section]?.focus(),
    insert: () => void insert(desk.annotations.find((one) => one.tracking_uid === desk.selected) ?? desk.annotations.at(-1)),
  })

  return (
    <aside className="report" aria-label={words.report} data-testid="report">
      <section className="asked">
        <h3>{words.question}</h3>
        <p>{task.order === null ? words.noOrder : task.order.question}</p>
        {task.order !== null && task.order.referrer !== '' && (
          <p className="faint">{words.asked(task.order.referrer)}</p>
        )}
      </section>
      {report !== null && !desk.editable ? (
        <SignedReport task={task} report={report} onNext={props.onNext} />
      ) : (
        <>
          <HoldLine task={task} desk={desk} mayReport={props.mayReport} />
          <div className="writing">
            <SectionFields desk={desk} fields={fields} />
            <MeasurementList desk={desk} hung={hung} onInsert={(one) => void insert(one)} />
          </div>
          {desk.error !== null && (
            <p className="bad refused" role="alert">
              {refused(desk.error)}
            </p>
          )}
          {desk.editable && (
            <footer>
              <button className="plain" disabled={!isHeld} onClick={props.onRelease}>
                {words.release} <kbd>{printed(COMMANDS.release.keys[0])}</kbd>
              </button>
              <button className="main" data-testid="sign" disabled={!isHeld} onClick={props.onSign}>
                {props.maySign ? words.sign : words.signPreliminary} <kbd>{printed(COMMANDS.sign.keys[0])}</kbd>
              </button>
            </footer>
          )}
        </>
      )}
    </aside>
  )
}
