import { useState } from 'react'
import type { Me } from '../../api/types'
import { useLanguage, useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { day } from '../../words/time'
import { size } from './figures'
import { useStudies } from './queries'
import { StudyDialog } from './StudyDialog'
import type { Search, StudyShown } from './types'
import { en } from './words.en'
import { nl } from './words.nl'

const NOTHING: Search = { patient_number: '', patient_name: '', accession_number: '', modality: '' }
const FIELDS = ['patient_number', 'patient_name', 'accession_number', 'modality'] as const
const LABELS = {
  patient_number: 'number',
  patient_name: 'name',
  accession_number: 'accession',
  modality: 'modality',
} as const

/** The studies that are kept, to look one up and do something with it. */
export function Studies({ me }: { me: Me }) {
  const words = useWords({ nl, en })
  const refused = useRefused()
  const [written, write] = useState(NOTHING)
  const [search, setSearch] = useState(NOTHING)
  const [page, setPage] = useState(0)
  const [open, setOpen] = useState<StudyShown | null>(null)
  const { data, error } = useStudies(search, page)
  return (
    <section>
      <form
        className="search"
        role="search"
        onSubmit={(event) => {
          event.preventDefault()
          setPage(0)
          setSearch({ ...written, modality: written.modality.toUpperCase() })
        }}
      >
        {FIELDS.map((field) => (
          <label key={field}>
            <span>{words[LABELS[field]]}</span>
            <input
              value={written[field]}
              data-testid={`search-${field}`}
              className={field === 'modality' ? 'short' : undefined}
              onChange={(event) => write({ ...written, [field]: event.target.value })}
            />
          </label>
        ))}
        <button className="main" data-testid="search-studies">
          {words.search} <kbd>↵</kbd>
        </button>
      </form>
      {error !== null && (
        <p className="bad" role="alert">
          {refused(error)}
        </p>
      )}
      <table>
        <thead>
          <tr>
            {(['date', 'number', 'name', 'accession', 'description', 'modality'] as const).map((column) => (
              <th key={column}>{words[column]}</th>
            ))}
            <th className="figure">{words.imageCount}</th>
            <th className="figure">{words.size}</th>
            <th>{words.where}</th>
            <th>{words.marks}</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {data?.studies.map((one) => (
            <Row key={one.study_id} study={one} onOpen={() => setOpen(one)} />
          ))}
        </tbody>
      </table>
      {data?.studies.length === 0 && <p className="empty">{words.noStudies}</p>}
      {data !== undefined && (page > 0 || data.more) && (
        <div className="pages">
          <button disabled={page === 0} onClick={() => setPage(page - 1)}>
            ‹ {words.earlier}
          </button>
          <span className="quiet">{page + 1}</span>
          <button disabled={!data.more} onClick={() => setPage(page + 1)}>
            {words.later} ›
          </button>
        </div>
      )}
      {open !== null && <StudyDialog study={open} me={me} onClose={() => setOpen(null)} />}
    </section>
  )
}

function Row({ study, onOpen }: { study: StudyShown; onOpen: () => void }) {
  const words = useWords({ nl, en })
  const { language } = useLanguage()
  const marks = [
    study.on_hold && words.onHold,
    study.corrected && words.corrected,
    study.evict_at !== null && words.goes(day(study.evict_at, language)),
  ].filter(Boolean)
  return (
    <tr data-testid="archive-study" data-state={study.availability}>
      <td>{day(study.study_at, language)}</td>
      <td>{study.patient_number}</td>
      <td>{personName(study.patient_name)}</td>
      <td>{study.accession_number}</td>
      <td>{study.description}</td>
      <td>{study.modalities.join(', ')}</td>
      <td className="figure">{study.instance_count}</td>
      <td className="figure">{size(study.bytes, language)}</td>
      <td>{study.state === 'arriving' ? words.arriving : words.availability[study.availability]}</td>
      <td>
        {study.damaged && <span className="bad">{words.isDamaged} </span>}
        <span className="quiet">{marks.join(', ')}</span>
      </td>
      <td className="figure">
        <button className="plain" data-testid={`open-${study.study_id}`} onClick={onOpen}>
          {words.open}
        </button>
      </td>
    </tr>
  )
}

/** Family, Given of a DICOM person name. */
function personName(name: string): string {
  const [family, given] = (name.split('=')[0] ?? '').split('^')
  return [family, given].filter(Boolean).join(', ')
}
