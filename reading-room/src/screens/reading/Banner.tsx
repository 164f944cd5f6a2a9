import type { Me, TaskDetail } from '../../api/types'
import { StateMark } from '../../design/marks'
import { go } from '../../shell/route'
import { Live } from '../../shell/Live'
import { useLanguage, useWords } from '../../words/language'
import { shared } from '../../words/shared'
import { day } from '../../words/time'
import { Due, Urgent } from '../worklist/cells'
import { en } from './words.en'
import { nl } from './words.nl'

interface BannerProps {
  task: TaskDetail
  me: Me
  onHelp: () => void
}

/** Whose images these are, for which hospital, how soon: always in view. */
export function Banner({ task, me, onHelp }: BannerProps) {
  const words = useWords({ nl, en })
  const { sex, state } = useWords(shared)
  const { language, choose } = useLanguage()
  const { patient } = task
  return (
    <header className="banner" data-testid="banner">
      <button className="plain" aria-label={words.back} title={words.back} onClick={() => go('/')}>
        ←
      </button>
      <div className="person">
        <strong>{patient?.name ?? words.notIdentified}</strong>
        {patient !== null && (
          <span>
            {words.born(
              day(patient.birth_date, language),
              patient.age === null ? '–' : words.years(patient.age),
            )}{' '}
            · {sex(patient.sex)}
          </span>
        )}
      </div>
      <Fact name={words.number} value={patient?.number ?? '–'} />
      <div className="fact study">
        <span>{task.hospital_name}</span>
        <b>
          {language === 'nl' ? task.procedure_nl : task.procedure_en} · {day(task.study_at, language)}
        </b>
      </div>
      <Fact name={words.accession} value={task.accession_number} />
      <span className="push" />
      <span className="stated">
        <StateMark state={task.state} />
        <span data-testid="task-state" data-state={task.state}>
          {state[task.state]}
        </span>
      </span>
      <Urgent urgency={task.urgency} />
      <div className="fact due">
        <span>{words.due}</span>
        <Due task={task} />
      </div>
      <Live />
      <button className="plain" onClick={onHelp} aria-label="?">
        <kbd>?</kbd>
      </button>
      <button
        className="plain"
        lang={language === 'nl' ? 'en' : 'nl'}
        onClick={() => choose(language === 'nl' ? 'en' : 'nl')}
      >
        {language === 'nl' ? 'EN' : 'NL'}
      </button>
      <span className="reader faint">{me.name}</span>
    </header>
  )
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div className="fact">
      <span>{name}</span>
      <b>{value}</b>
    </div>
  )
}
