import { useState } from 'react'
import type { Me } from '../../api/types'
import { Dialog } from '../../shell/Dialog'
import { useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { shared } from '../../words/shared'
import { Erase } from './Erase'
import { useEndpoints, useHold, useTransfer } from './queries'
import type { Direction, StudyShown } from './types'
import { en } from './words.en'
import { nl } from './words.nl'

interface StudyDialogProps {
  study: StudyShown
  me: Me
  onClose: () => void
}

/** What somebody who looks after the archive can do with one study. */
export function StudyDialog({ study, me, onClose }: StudyDialogProps) {
  const words = useWords({ nl, en })
  const { close } = useWords(shared)
  return (
    <Dialog title={study.description || study.accession_number || words.study} onClose={onClose}>
      <p className="uid faint">{study.study_instance_uid}</p>
      {me.roles.includes('pacs_administrator') && (
        <>
          {study.availability === 'online' && (
            <div className="doing">
              <a
                className="button"
                data-testid="export-study"
                href={`/api/archive/studies/${study.study_id}/export.zip`}
                download
              >
                {words.export}
              </a>
              <span className="quiet">{words.exportSays}</span>
            </div>
          )}
          <Carry study={study} />
        </>
      )}
      {me.roles.includes('privacy_officer') && (
        <>
          <Hold study={study} />
          <Erase study={study} />
        </>
      )}
      <div className="choices">
        <button type="button" onClick={onClose}>
          {close} <kbd>Esc</kbd>
        </button>
      </div>
    </Dialog>
  )
}

function Carry({ study }: { study: StudyShown }) {
  const words = useWords({ nl, en })
  const refused = useRefused()
  const endpoints = useEndpoints()
  const transfer = useTransfer()
  const [chosen, choose] = useState('')
  const [urgent, setUrgent] = useState(false)
  const endpoint = chosen || (endpoints.data?.[0]?.endpoint_id ?? '')
  if (endpoints.data?.length === 0) return <p className="quiet">{words.noEndpoints}</p>
  const carry = (direction: Direction) =>
    transfer.mutate({
      direction,
      endpoint_id: endpoint,
      study_instance_uid: study.study_instance_uid,
      priority: urgent ? 'urgent' : 'bulk',
    })
  return (
    <fieldset className="doing" disabled={endpoint === '' || transfer.isPending}>
      <button type="button" data-testid="send-study" onClick={() => carry('send')}>
        {words.send}
      </button>
      <button type="button" data-testid="fetch-study" onClick={() => carry('fetch')}>
        {words.fetch}
      </button>
      <select value={endpoint} aria-label={words.to} onChange={(event) => choose(event.target.value)}>
        {endpoints.data?.map((one) => (
          <option key={one.endpoint_id} value={one.endpoint_id}>
            {one.application} ({one.endpoint_id})
          </option>
        ))}
      </select>
      <label className="tick">
        <input type="checkbox" checked={urgent} onChange={(event) => setUrgent(event.target.checked)} />
        {words.urgent}
      </label>
      {transfer.isSuccess && <p className="good">{words.asked}</p>}
      {transfer.error !== null && (
        <p className="bad" role="alert">
          {refused(transfer.error)}
        </p>
      )}
    </fieldset>
  )
}

function Hold({ study }: { study: StudyShown }) {
  const words = useWords({ nl, en })
  const refused = useRefused()
  const hold = useHold()
  const [reason, setReason] = useState('')
  if (study.on_hold || hold.isSuccess) return <p className="good">{words.onHold}</p>
  return (
    <form
      className="doing"
      onSubmit={(event) => {
        event.preventDefault()
        hold.mutate({ study_id: study.study_id, reason })
      }}
    >
      <button disabled={reason === '' || hold.isPending}>{words.hold}</button>
      <input
        value={reason}
        maxLength={400}
        placeholder={words.reasonAsked}
        aria-label={words.reason}
        onChange={(event) => setReason(event.target.value)}
      />
      <span className="quiet">{words.holdSays}</span>
      {hold.error !== null && (
        <p className="bad" role="alert">
          {refused(hold.error)}
        </p>
      )}
    </form>
  )
}
