import { useState } from 'react'
import type { ConsentDecision, PatientConsent } from '../../api/types'
import { Dialog } from '../../shell/Dialog'
import { useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { shared } from '../../words/shared'
import { useRecordConsent } from './queries'
import { en } from './words.en'
import { nl } from './words.nl'

interface ConsentDialogProps {
  patient: PatientConsent
  decision: ConsentDecision
  onClose: () => void
}

/** Writes down what a patient said, and how that is known. */
export function ConsentDialog({ patient, decision, onClose }: ConsentDialogProps) {
  const words = useWords({ nl, en })
  const { cancel } = useWords(shared)
  const refused = useRefused()
  const record = useRecordConsent()
  const [reason, setReason] = useState('')
  return (
    <Dialog title={words.title[decision](patient.name)} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          record.mutate({ patient: patient.patient_id, decision, reason }, { onSuccess: onClose })
        }}
      >
        <p className="quiet">{words.says[decision]}</p>
        <label className="asking">
          {words.reason}
          <input value={reason} required maxLength={200} onChange={(event) => setReason(event.target.value)} />
        </label>
        {record.error !== null && (
          <p className="bad" role="alert">
            {refused(record.error)}
          </p>
        )}
        <div className="choices">
          <button type="button" onClick={onClose}>
            {cancel} <kbd>Esc</kbd>
          </button>
          <button className="main" data-testid="confirm-consent" disabled={record.isPending}>
            {words.record} <kbd>↵</kbd>
          </button>
        </div>
      </form>
    </Dialog>
  )
}
