import { useState } from 'react'
import type { Me, TaskDetail } from '../../api/types'
import { useCommands } from '../../keys/useCommands'
import { go } from '../../shell/route'
import { useLanguage, useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { shared } from '../../words/shared'
import { Banner } from './Banner'
import { HistoryDialog } from './HistoryDialog'
import { Lightbox } from './Lightbox'
import { useNextTask, useReports, useTask, useTimeline } from './queries'
import './reading.css'
import { ReleaseDialog } from './ReleaseDialog'
import { ReportPane } from './ReportPane'
import { SignDialog } from './SignDialog'
import { StopNotice } from './StopNotice'
import { TimelinePane } from './TimelinePane'
import { useDesk } from './useDesk'
import { useHanging } from './useHanging'
import { en } from './words.en'
import { nl } from './words.nl'

interface ReadingProps {
  taskId: string
  me: Me
  onHelp: () => void
}

/** One task: its images, what came before, and its report. */
export default function Reading({ taskId, me, onHelp }: ReadingProps) {
  const task = useTask(taskId)
  const refused = useRefused()
  const words = useWords({ nl, en })
  const { loading } = useWords(shared)
  if (task.data !== undefined) return <Desktop task={task.data} me={me} onHelp={onHelp} />
  if (task.error === null) return <p className="opening quiet">{loading}</p>
  return (
    <div className="opening" role="alert">
      <div>
        <p>{refused(task.error)}</p>
        <button onClick={() => go('/')}>{words.back}</button>
      </div>
    </div>
  )
}

type Question = 'sign' | 'release' | 'history' | null

function Desktop({ task, me, onHelp }: { task: TaskDetail; me: Me; onHelp: () => void }) {
  const words = useWords({ nl, en })
  const { language } = useLanguage()
  const [question, ask] = useState<Question>(null)
  const [signing, setSigning] = useState(false)
  const timeline = useTimeline(task.id)
  const reports = useReports(task.id)
  const desk = useDesk(task)
  const hung = useHanging(task, timeline.data)
  const next = useNextTask()
  const status = me.may_sign_final ? 'final' : 'preliminary'
  const close = () => ask(null)

  useCommands({ history: () => ask('history') })
  const goOn = () => {
    if (next.isPending || !me.may_report) return
    next.mutate(task.id, { onSuccess: (found) => found !== null && go(`/task/${found}`) })
  }
  const sign = async () => {
    setSigning(true)
    await desk.sign(status, language)
    setSigning(false)
    close()
  }

  return (
    <div className="reading" data-testid="reading">
      <Banner task={task} me={me} onHelp={onHelp} />
      <div className="notices">
        <StopNotice task={task} />
        {task.late_images > 0 && <p className="notice beware">{words.late(task.late_images)}</p>}
        {next.data === null && (
          <p className="notice" role="status">
            {words.noNext}
          </p>
        )}
      </div>
      <main>
        <TimelinePane
          timeline={timeline.data}
          shown={hung.panes.includes('prior') ? (hung.prior?.study_instance_uid ?? null) : null}
          onShow={(study) => hung.showPrior(study.study_instance_uid)}
        />
        <Lightbox task={task} desk={desk} hung={hung} />
        <ReportPane
          task={task}
          desk={desk}
          hung={hung}
          report={reports.data?.at(-1) ?? null}
          maySign={me.may_sign_final}
          mayReport={me.may_report}
          onSign={() => ask('sign')}
          onRelease={() => ask('release')}
          onNext={goOn}
        />
      </main>
      {question === 'sign' && (
        <SignDialog
          task={task}
          desk={desk}
          status={status}
          busy={signing}
          onSign={() => void sign()}
          onClose={close}
        />
      )}
      {question === 'release' && (
        <ReleaseDialog
          onRelease={(reason) => {
            close()
            void desk.giveBack(reason)
          }}
          onClose={close}
        />
      )}
      {question === 'history' && <HistoryDialog task={task.id} onClose={close} />}
    </div>
  )
}
