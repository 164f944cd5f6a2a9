import type { ReportStatus, TaskDetail } from '../../api/types'
import { useCommands } from '../../keys/useCommands'
import { Dialog } from '../../shell/Dialog'
import { useWords } from '../../words/language'
import { shared } from '../../words/shared'
import type { Desk } from './useDesk'
import { en } from './words.en'
import { nl } from './words.nl'

interface SignDialogProps {
  task: TaskDetail
  desk: Desk
  status: ReportStatus
  busy: boolean
  onSign: () => void
  onClose: () => void
}

/** What will go where; after this it is on its way. */
export function SignDialog({ task, desk, status, busy, onSign, onClose }: SignDialogProps) {
  const words = useWords({ nl, en })
  const { delivery, cancel } = useWords(shared)
  const findings = desk.sections?.findings.trim() ?? ''
  const impression = desk.sections?.impression.trim() ?? ''
  const count = desk.annotations.length
  const isStopped = task.mismatch.length > 0
  const isEmpty = findings === '' && impression === ''
  const may = !isStopped && !isEmpty && !busy
  return (
    <Dialog title={words.signTitle[status]} onClose={onClose}>
      <SignKey onSign={() => may && onSign()} />
      <p className="quiet">
        {task.patient?.name} · {words.signSays(task.hospital_name)}
      </p>
      <ul className="goes">
        <li>
          <b>{delivery.report}</b>
          {words.goes.report}
        </li>
        {count > 0 && (
          <>
            <li>
              <b>{delivery.measurements}</b>
              {words.goes.measurements(count)}
            </li>
            <li>
              <b>{delivery.annotations}</b>
              {words.goes.annotations(count)}
            </li>
          </>
        )}
        <li>
          <b>{delivery.status}</b>
          {words.goes.status[status]}
        </li>
      </ul>
      {isStopped && (
        <p className="bad" role="alert">
          {words.stopFirst}
        </p>
      )}
      {isEmpty ? (
        <p className="bad" role="alert">
          {words.empty}
        </p>
      ) : (
        impression === '' && <p className="warn">{words.noImpression}</p>
      )}
      <div className="choices">
        <button onClick={onClose}>
          {cancel} <kbd>Esc</kbd>
        </button>
        <button className="main" data-testid="confirm-sign" data-first disabled={!may} onClick={onSign}>
          {status === 'final' ? words.sign : words.signPreliminary} <kbd>↵</kbd>
        </button>
      </div>
    </Dialog>
  )
}

/** Ctrl+Enter once more signs too; inside the dialog, so that it lies above the dialog's own keys. */
function SignKey({ onSign }: { onSign: () => void }) {
  useCommands({ sign: onSign })
  return null
}
