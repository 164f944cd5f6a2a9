import type { Identity, TaskDetail } from '../../api/types'
import { useWords } from '../../words/language'
import { en } from './words.en'
import { nl } from './words.nl'

/** Loud: the order and the images are of different people, as far as one can tell. */
export function StopNotice({ task }: { task: TaskDetail }) {
  const words = useWords({ nl, en })
  const ordered = task.order?.patient ?? task.patient
  if (task.mismatch.length === 0) return null
  const value = (who: Identity | null, field: string) => who?.[field as keyof Identity] ?? '–'
  return (
    <div className="notice stop" role="alert" data-testid="mismatch">
      <span aria-hidden className="stop-sign">
        ✕
      </span>
      <div>
        {words.stop}
        {task.mismatch.map((field) => (
          <p key={field}>
            {words.differs[field] ?? field}: {words.orderSays} <b>{value(ordered, field)}</b>, {words.imagesSay}{' '}
            <b>{value(task.image_patient, field)}</b>
          </p>
        ))}
      </div>
    </div>
  )
}
