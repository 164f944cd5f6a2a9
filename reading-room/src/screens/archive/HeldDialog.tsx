import { useState } from 'react'
import { Dialog } from '../../shell/Dialog'
import { useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { shared } from '../../words/shared'
import { mended, MENDABLE, valueOf } from './header'
import { useHeader, useResolve } from './queries'
import type { Held } from './types'
import { en } from './words.en'
import { nl } from './words.nl'

interface HeldDialogProps {
  held: Held
  onClose: () => void
}

/** Looks at something that was refused, and lets it in, mended if need be, or throws it away. */
export function HeldDialog({ held, onClose }: HeldDialogProps) {
  const words = useWords({ nl, en })
  const { cancel } = useWords(shared)
  const refused = useRefused()
  const header = useHeader(held.id)
  const readmit = useResolve('readmit')
  const discard = useResolve('discard')
  const [written, write] = useState<Record<string, string>>({})
  const [reason, setReason] = useState('')
  const [replace, setReplace] = useState(false)
  const error = readmit.error ?? discard.error
  const busy = readmit.isPending || discard.isPending
  const wish = () => ({ id: held.id, reason, values: mended(header.data ?? {}, written), replace })
  return (
    <Dialog title={held.sentence} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          readmit.mutate(wish(), { onSuccess: onClose })
        }}
      >
        {header.error !== null && <p className="quiet">{words.unreadable}</p>}
        {header.data !== undefined && (
          <>
            <p className="quiet">{words.readmitSays}</p>
            <div className="mending">
              {MENDABLE.map(([keyword, tag]) => (
                <label key={keyword}>
                  <span>{keyword}</span>
                  <input
                    value={written[keyword] ?? ''}
                    placeholder={valueOf(header.data, tag)}
                    data-testid={`mend-${keyword}`}
                    onChange={(event) => write({ ...written, [keyword]: event.target.value })}
                  />
                </label>
              ))}
            </div>
          </>
        )}
        {held.reason === 'other_content' && (
          <label className="tick">
            <input type="checkbox" checked={replace} onChange={(event) => setReplace(event.target.checked)} />
            {words.replaceIt}
          </label>
        )}
        <label className="asking">
          {words.reason}
          <input
            value={reason}
            required
            maxLength={400}
            data-testid="resolve-reason"
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
        {error !== null && (
          <p className="bad" role="alert">
            {refused(error)}
          </p>
        )}
        <div className="choices">
          <button type="button" onClick={onClose}>
            {cancel} <kbd>Esc</kbd>
          </button>
          <button
            type="button"
            data-testid="discard"
            disabled={busy || reason === ''}
            onClick={() => discard.mutate(wish(), { onSuccess: onClose })}
          >
            {words.discard}
          </button>
          <button className="main" data-testid="readmit" disabled={busy || reason === ''}>
            {words.readmit} <kbd>↵</kbd>
          </button>
        </div>
      </form>
    </Dialog>
  )
}
