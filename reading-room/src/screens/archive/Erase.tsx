import { useState } from 'react'
import { useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { useErase } from './queries'
import type { StudyShown } from './types'
import { en } from './words.en'
import { nl } from './words.nl'

/** What must be typed before a study is erased. */
export const confirmation = (study: StudyShown): string =>
  study.accession_number || study.study_instance_uid.slice(-4)

/** Erases a study for good, after it was said twice; and shows the proof. */
export function Erase({ study }: { study: StudyShown }) {
  const words = useWords({ nl, en })
  const refused = useRefused()
  const erase = useErase()
  const [asking, setAsking] = useState(false)
  const [typed, setTyped] = useState('')
  const [reason, setReason] = useState('')
  if (erase.data !== undefined) {
    return (
      <div className="proof" data-testid="erased">
        <p className="good">{words.erased}</p>
        <p>
          {words.seal} <span className="uid">{erase.data.seal}</span>
        </p>
        <pre>{JSON.stringify(erase.data.certificate, null, 2)}</pre>
      </div>
    )
  }
  if (!asking) {
    return (
      <div className="doing">
        <button type="button" data-testid="erase-study" onClick={() => setAsking(true)}>
          {words.erase}…
        </button>
      </div>
    )
  }
  return (
    <form
      className="doing risky"
      onSubmit={(event) => {
        event.preventDefault()
        erase.mutate({ study_ids: [study.study_id], reason })
      }}
    >
      <p>{words.eraseSays}</p>
      <input
        value={typed}
        aria-label={words.eraseConfirm}
        placeholder={confirmation(study)}
        data-testid="erase-typed"
        onChange={(event) => setTyped(event.target.value)}
      />
      <input
        value={reason}
        maxLength={400}
        aria-label={words.reason}
        placeholder={words.reasonAsked}
        data-testid="erase-reason"
        onChange={(event) => setReason(event.target.value)}
      />
      <button
        className="danger"
        data-testid="erase-for-good"
        disabled={typed !== confirmation(study) || reason === '' || erase.isPending}
      >
        {words.erase}
      </button>
      {erase.error !== null && (
        <p className="bad" role="alert">
          {refused(erase.error)}
        </p>
      )}
    </form>
  )
}
