import { StateMark } from '../../design/marks'
import { Dialog } from '../../shell/Dialog'
import { useLanguage, useWords } from '../../words/language'
import { shared } from '../../words/shared'
import { moment } from '../../words/time'
import { useHistory } from './queries'
import { en } from './words.en'
import { nl } from './words.nl'

/** Who did what when with this task. */
export function HistoryDialog({ task, onClose }: { task: string; onClose: () => void }) {
  const words = useWords({ nl, en })
  const { close } = useWords(shared)
  const { language } = useLanguage()
  const history = useHistory(task)
  return (
    <Dialog title={words.history} onClose={onClose}>
      <ol className="history">
        {history.data?.map((line, index) => (
          <li key={index}>
            <time dateTime={line.at}>{moment(line.at, language)}</time>
            <StateMark state={line.to_state} />
            <span>{words.what[line.what] ?? line.what}</span>
            <span className="quiet">{line.actor ?? words.system}</span>
            {line.reason !== '' && <span className="faint reason">{line.reason}</span>}
          </li>
        ))}
      </ol>
      <div className="choices">
        <button onClick={onClose}>
          {close} <kbd>Esc</kbd>
        </button>
      </div>
    </Dialog>
  )
}
