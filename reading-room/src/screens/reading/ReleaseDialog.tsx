import { useState } from 'react'
import { Dialog } from '../../shell/Dialog'
import { useWords } from '../../words/language'
import { shared } from '../../words/shared'
import { en } from './words.en'
import { nl } from './words.nl'

/** Gives the task back to the list. */
export function ReleaseDialog({ onRelease, onClose }: { onRelease: (reason: string) => void; onClose: () => void }) {
  const words = useWords({ nl, en })
  const { cancel } = useWords(shared)
  const [reason, setReason] = useState('')
  return (
    <Dialog title={words.releaseTitle} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          onRelease(reason)
        }}
      >
        <p className="quiet">{words.releaseSays}</p>
        <label className="asking">
          {words.reason}
          <input value={reason} maxLength={200} onChange={(event) => setReason(event.target.value)} />
        </label>
        <div className="choices">
          <button type="button" onClick={onClose}>
            {cancel} <kbd>Esc</kbd>
          </button>
          <button className="main" data-testid="confirm-release">
            {words.releasing} <kbd>↵</kbd>
          </button>
        </div>
      </form>
    </Dialog>
  )
}
