import { useState } from 'react'
import { useLanguage, useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { moment } from '../../words/time'
import { Bar } from './Bar'
import { count, size } from './figures'
import { useImports } from './queries'
import type { Brought } from './types'
import { useUpload } from './useUpload'
import { en } from './words.en'
import { nl } from './words.nl'

const COUNTS = ['seen', 'stored', 'repeated', 'others'] as const

/** Reads in what people bring: a ZIP of a CD, or a file. */
export function Import() {
  const words = useWords({ nl, en })
  const refused = useRefused()
  const imports = useImports()
  const upload = useUpload()
  const [own, setOwn] = useState(false)
  const [over, setOver] = useState(false)
  const bring = (files: FileList | null) => {
    const file = files?.[0]
    if (file !== undefined) upload.send(file, own)
  }
  return (
    <section>
      <header>
        <h1>{words.bring}</h1>
      </header>
      <div
        className={over ? 'bring over' : 'bring'}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          bring(event.dataTransfer.files)
        }}
      >
        <p className="quiet">{words.bringSays}</p>
        <label className="tick">
          <input type="checkbox" checked={own} onChange={(event) => setOwn(event.target.checked)} />
          {words.ownNumbers}
        </label>
        <input
          type="file"
          aria-label={words.choose}
          data-testid="bring"
          disabled={upload.part !== null}
          onChange={(event) => bring(event.target.files)}
        />
        {upload.part !== null && (
          <Bar part={upload.part} label={words.uploading(`${Math.round(upload.part * 100)} %`)} />
        )}
        {upload.error !== null && (
          <p className="bad" role="alert">
            {refused(upload.error)}
          </p>
        )}
      </div>
      {imports.data?.map((one) => <Read key={one.id} brought={one} />)}
      {imports.data?.length === 0 && <p className="empty">{words.nothingBrought}</p>}
    </section>
  )
}

function Read({ brought }: { brought: Brought }) {
  const words = useWords({ nl, en })
  const { language } = useLanguage()
  return (
    <article className="brought" data-testid="brought" data-state={brought.state}>
      <p>
        <strong>{moment(brought.asked_at, language)}</strong> {size(brought.bytes, language)}{' '}
        <span className={brought.state === 'failed' ? 'bad' : 'accent'}>{words.importState[brought.state]}</span>{' '}
        {brought.sentence}
      </p>
      <p className="quiet">
        {COUNTS.map((one) => `${words[one]} ${count(brought[one], language)}`).join(' · ')}
        {brought.refused > 0 && (
          <span className="bad">
            {' '}
            · {words.refusedCount} {count(brought.refused, language)}
          </span>
        )}
      </p>
      {brought.refusals.length > 0 && (
        <ul>
          {brought.refusals.map((one) => (
            <li key={one.name}>
              <span className="uid">{one.name}</span> {one.sentence}
            </li>
          ))}
        </ul>
      )}
    </article>
  )
}
