import type { DeliveryCounts, Task, Urgency } from '../../api/types'
import { DeliveryMark, StateMark, UrgencyMark } from '../../design/marks'
import { useLanguage, useWords } from '../../words/language'
import { said } from '../../words/said'
import { shared } from '../../words/shared'
import { timeLeft, useNow } from '../../words/time'
import { en } from './words.en'
import { nl } from './words.nl'

export function Urgent({ urgency }: { urgency: Urgency }) {
  const words = useWords(shared)
  return (
    <span className={urgency === 'routine' ? 'stated quiet' : 'stated'}>
      <UrgencyMark urgency={urgency} />
      {words.urgency[urgency]}
    </span>
  )
}

const NO_LONGER_DUE = new Set(['final', 'delivered', 'cancelled'])

export function Due({ task }: { task: Task }) {
  const now = useNow()
  const { language } = useLanguage()
  if (task.due_at === null || NO_LONGER_DUE.has(task.state)) return <span className="faint">–</span>
  const left = timeLeft(task.due_at, now, language)
  return (
    <time
      dateTime={task.due_at}
      className={left.late ? 'bad strong' : left.soon ? 'warn strong' : undefined}
    >
      {left.text}
    </time>
  )
}

export function Name({ task }: { task: Task }) {
  const words = useWords({ nl, en })
  if (task.patient === null) return <span className="faint">{words.notShown}</span>
  return <>{task.patient.name}</>
}

export function Age({ task }: { task: Task }) {
  const { sex } = useWords(shared)
  if (task.patient === null) return null
  return (
    <span className="quiet">
      {task.patient.age ?? '–'} {sex(task.patient.sex)}
    </span>
  )
}

export function Procedure({ task }: { task: Task }) {
  const { language } = useLanguage()
  const named = language === 'nl' ? task.procedure_nl : task.procedure_en
  return <span title={task.description}>{named === '' ? task.description : named}</span>
}

export function Images({ task }: { task: Task }) {
  const words = useWords({ nl, en })
  if (task.images_state === 'none') return <span className="faint">{words.noImages}</span>
  return (
    <>
      {task.instance_count}
      {task.images_state === 'arriving' && <span className="note accent"> {words.arriving}</span>}
      {task.late_images > 0 && <span className="note warn"> {words.late(task.late_images)}</span>}
    </>
  )
}

export function Standing({ task }: { task: Task }) {
  const words = useWords({ nl, en })
  const { state, held } = useWords(shared)
  const reasons = task.held_back.map((reason) => held[reason])
  return (
    <span className="standing">
      <StateMark state={task.state} />
      <span>{state[task.state]}</span>
      {task.mine ? (
        <span className="accent">{words.you}</span>
      ) : task.holder !== null ? (
        <span className="quiet">{words.by(task.holder.name, task.holder.hospital_name)}</span>
      ) : (
        reasons.length > 0 && (
          <span className="quiet" title={reasons.join(' ')}>
            {reasons.join(' ')}
          </span>
        )
      )}
    </span>
  )
}

/** Why the reader cannot claim this, in words, and what would help. */
export function WhyNot({ task }: { task: Task }) {
  const { language } = useLanguage()
  const { held } = useWords(shared)
  if (task.mine || task.why_not.length === 0) return null
  // where something holds it back, that is the reason
  const isHeld = task.held_back.length > 0
  const reasons = isHeld
    ? task.held_back.map((reason) => held[reason])
    : task.why_not.map((sentence) => said(sentence, language))
  const remedies = isHeld ? (task.remedies ?? []).map((sentence) => said(sentence, language)) : []
  return (
    <span className="why-not" data-testid="why-not">
      {reasons.join(' ')} <span className="quiet">{remedies.join(' ')}</span>
    </span>
  )
}

export function Delivered({ counts }: { counts: DeliveryCounts }) {
  const words = useWords({ nl, en })
  const all = counts.owed + counts.acknowledged + counts.refused
  if (all === 0) return <span className="faint">–</span>
  const state = counts.refused > 0 ? 'refused' : counts.owed > 0 ? 'owed' : 'acknowledged'
  return (
    <span className="stated" data-testid="delivered" data-state={state}>
      <DeliveryMark state={state} />
      {words.delivered(counts.acknowledged, all)}
      {counts.refused > 0 && <span className="bad">{words.refusedCount(counts.refused)}</span>}
    </span>
  )
}
