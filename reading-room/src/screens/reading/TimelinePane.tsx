import { useState } from 'react'
import type { Report, Timeline, TimelineStudy } from '../../api/types'
import { SECTIONS } from '../../api/types'
import { useLanguage, useWords } from '../../words/language'
import { said } from '../../words/said'
import { day } from '../../words/time'
import { en } from './words.en'
import { nl } from './words.nl'

interface TimelinePaneProps {
  timeline: Timeline | undefined
  shown: string | null
  onShow: (study: TimelineStudy) => void
}

/** All studies of the person over all hospitals, newest first; also how many may not be seen. */
export function TimelinePane({ timeline, shown, onShow }: TimelinePaneProps) {
  const words = useWords({ nl, en })
  const { language } = useLanguage()
  const studies = [...(timeline?.studies ?? [])].sort((a, b) => (b.study_at ?? '').localeCompare(a.study_at ?? ''))
  return (
    <aside className="timeline" aria-label={words.timeline} data-testid="timeline">
      <h3>{words.timeline}</h3>
      <ol>
        {studies.map((study) => (
          <Entry
            key={study.study_id}
            study={study}
            shown={study.study_instance_uid === shown}
            onShow={() => onShow(study)}
          />
        ))}
      </ol>
      {timeline !== undefined && studies.every((study) => study.current) && timeline.hidden.length === 0 && (
        <p className="faint nothing">{words.noPriors}</p>
      )}
      {timeline?.hidden.map((hidden) => (
        <div className="hidden-studies" key={`${hidden.hospital_id}${hidden.reason}`} data-testid="hidden-studies">
          <b>{words.hidden(hidden.count, hidden.hospital_name)}</b>
          <p>{said(hidden.sentence, language)}</p>
          <p className="faint">{said(hidden.remedy, language)}</p>
        </div>
      ))}
    </aside>
  )
}

function Entry({ study, shown, onShow }: { study: TimelineStudy; shown: boolean; onShow: () => void }) {
  const words = useWords({ nl, en })
  const { language } = useLanguage()
  const [reading, setReading] = useState(false)
  const named = language === 'nl' ? study.procedure_nl : study.procedure_en
  const classes = [study.current ? 'current' : 'earlier', shown ? 'shown' : ''].join(' ')
  return (
    <li className={classes} data-testid={`study-${study.study_id}`}>
      <button
        className="study"
        disabled={study.current || study.instance_count === 0}
        aria-pressed={study.current ? undefined : shown}
        onClick={onShow}
      >
        <span className="when">{day(study.study_at, language)}</span>
        <span className="modality">{study.modality}</span>
        <span className="named">{named === '' ? study.description : named}</span>
        <span className="where">
          {study.hospital_name} · {words.images(study.instance_count)}
          {study.has_annotations && ` · ${words.annotated}`}
        </span>
        <span className="why">
          {study.current ? words.current : shown ? `${words.shownBeside} · ${words.why[study.why]}` : words.why[study.why]}
        </span>
      </button>
      {study.report !== null && !study.current && (
        <>
          <button
            className="plain read"
            aria-expanded={reading}
            onClick={() => setReading(!reading)}
          >
            {reading ? '▾' : '▸'} {words.readReport}
          </button>
          {reading && <ReportText report={study.report} />}
        </>
      )}
    </li>
  )
}

export function ReportText({ report }: { report: Report }) {
  const words = useWords({ nl, en })
  return (
    <div className="report-text" lang={report.language}>
      {SECTIONS.filter((section) => (report.sections[section] ?? '') !== '').map((section) => (
        <section key={section}>
          <h3>{words.section[section]}</h3>
          <p>{report.sections[section]}</p>
        </section>
      ))}
      <p className="faint">{words.signedBy(report.author.name, report.author.hospital_name)}</p>
    </div>
  )
}
