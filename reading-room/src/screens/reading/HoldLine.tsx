import type { TaskDetail } from '../../api/types'
import { useLanguage, useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { said } from '../../words/said'
import { clock } from '../../words/time'
import type { Desk } from './useDesk'
import { en } from './words.en'
import { nl } from './words.nl'

interface HoldLineProps {
  task: TaskDetail
  desk: Desk
  mayReport: boolean
}

/** Whose the task is, and whether what is written is kept. */
export function HoldLine({ task, desk, mayReport }: HoldLineProps) {
  const words = useWords({ nl, en })
  const { language } = useLanguage()
  const { hold, conflict } = desk
  if (conflict !== null) {
    return (
      <div className="notice beware hold" role="alert">
        {words.conflict}
        <span className="push" />
        <button onClick={() => desk.settle('theirs')}>{words.takeTheirs}</button>
        <button onClick={() => desk.settle('mine')}>{words.keepMine}</button>
      </div>
    )
  }
  if (hold.kind === 'lost') {
    return (
      <div className="notice beware hold" role="alert" data-testid="lease" data-state="lost">
        {words.lost}
        <span className="push" />
        <button className="main" data-testid="claim" onClick={() => void desk.take()}>
          {words.claimAgain} <kbd>c</kbd>
        </button>
      </div>
    )
  }
  if (hold.kind === 'held') {
    const until = clock(hold.lease.ends_at)
    return (
      <div className="hold" data-testid="lease" data-state={hold.unsure ? 'unsure' : 'held'}>
        <SavingState desk={desk} />
        <span className="push" />
        <span className={hold.unsure ? 'warn' : 'faint'}>
          {hold.unsure ? words.unsure(until) : words.yours(until)}
        </span>
      </div>
    )
  }
  const { holder } = task
  const other = holder !== null && !task.mine
  return (
    <div className="notice hold" data-testid="lease" data-state="none">
      <div>
        {other ? words.heldBy(holder.name, holder.hospital_name, clock(holder.ends_at)) : words.reading}
        {!other && task.why_not.map((sentence) => <p key={sentence}>{said(sentence, language)}</p>)}
      </div>
      <span className="push" />
      {mayReport && task.may_claim && (
        <button className="main" data-testid="claim" onClick={() => void desk.take()}>
          {words.claim} <kbd>c</kbd>
        </button>
      )}
    </div>
  )
}

function SavingState({ desk }: { desk: Desk }) {
  const words = useWords({ nl, en })
  const refused = useRefused()
  const { saving } = desk
  const told = {
    clean: () => words.clean,
    waiting: () => words.waiting,
    saving: () => words.saving,
    saved: () => (saving.kind === 'saved' ? words.saved(clock(saving.at)) : ''),
    failed: () => (saving.kind === 'failed' ? `${words.failed} ${refused(saving.error)}` : ''),
    lost: () => words.failed,
  }[saving.kind]()
  return (
    <span
      className={saving.kind === 'failed' ? 'bad' : 'faint'}
      role="status"
      data-testid="saving"
      data-state={saving.kind}
    >
      {told}
    </span>
  )
}
