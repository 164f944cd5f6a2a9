import { useEffect, useMemo, useRef, useState } from 'react'
import type { Me, Task, View } from '../../api/types'
import { useCommands } from '../../keys/useCommands'
import { go } from '../../shell/route'
import { useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { shared } from '../../words/shared'
import { Hints } from './Hints'
import { matches } from './matches'
import { useClaim, useWorklist } from './queries'
import { TaskTable } from './TaskTable'
import { useChanged } from './useChanged'
import { warmViewer } from './warm'
import { en } from './words.en'
import { nl } from './words.nl'
import './worklist.css'

const VIEWS: View[] = ['open', 'mine', 'done', 'all']
const nothing: Task[] = []

/** What is to be read, live. */
export function Worklist({ me }: { me: Me }) {
  const words = useWords({ nl, en })
  const { loading } = useWords(shared)
  const refused = useRefused()
  const [view, setView] = useState<View>('open')
  const [filter, setFilter] = useState('')
  const [chosen, setChosen] = useState<string | null>(() => lastOpened)
  const filterBox = useRef<HTMLInputElement>(null)
  const list = useWorklist(view)
  const claim = useClaim()
  const all = list.data?.tasks ?? nothing
  const tasks = useMemo(() => all.filter((task) => matches(task, filter)), [all, filter])
  const changed = useChanged(list.data?.tasks, `${view}${list.isPlaceholderData}`)
  useEffect(() => (me.may_report ? warmViewer() : undefined), [me.may_report])

  const place = Math.max(0, tasks.findIndex((task) => task.id === chosen))
  const selected = tasks[place] ?? null
  const choose = (index: number) => {
    claim.reset()
    setChosen(tasks[Math.min(Math.max(index, 0), tasks.length - 1)]?.id ?? null)
  }
  const open = (task: Task) => {
    lastOpened = task.id
    go(`/task/${task.id}`)
  }
  const openAndClaim = (task: Task) => {
    if (!task.may_claim || task.mine || !me.may_report) open(task)
    else claim.mutate(task.id, { onSuccess: () => open(task) })
  }
  useCommands({
    next: () => choose(place + 1),
    previous: () => choose(place - 1),
    first: () => choose(0),
    last: () => choose(tasks.length - 1),
    openAndClaim: () => selected !== null && !claim.isPending && openAndClaim(selected),
    openOnly: () => selected !== null && open(selected),
    filter: () => filterBox.current?.focus(),
    viewOpen: () => setView('open'),
    viewMine: () => setView('mine'),
    viewDone: () => setView('done'),
    viewAll: () => setView('all'),
  })

  return (
    <div className="worklist">
      <div className="tools">
        <div role="tablist" aria-label={words.views}>
          {VIEWS.map((one, index) => (
            <button
              key={one}
              role="tab"
              className="plain"
              aria-selected={one === view}
              data-testid={`view-${one}`}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => setView(one)}
            >
              {words.view[one]} <kbd>{index + 1}</kbd>
            </button>
          ))}
        </div>
        <input
          ref={filterBox}
          type="search"
          value={filter}
          placeholder={words.filter}
          aria-label={words.filter}
          onChange={(event) => setFilter(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setFilter('')
            if (['Escape', 'Enter', 'ArrowDown'].includes(event.key)) {
              event.preventDefault()
              filterBox.current?.blur()
            }
          }}
        />
        <span className="faint" aria-live="polite">
          {list.data !== undefined && words.tasks(tasks.length, all.length)}
        </span>
      </div>
      {claim.error !== null && (
        <p className="notice beware" role="alert">
          {refused(claim.error)}
        </p>
      )}
      {list.error !== null && (
        <p className="notice beware" role="alert">
          {refused(list.error)}
        </p>
      )}
      <div className="scroll">
        {tasks.length > 0 ? (
          <TaskTable
            tasks={tasks}
            selected={selected?.id ?? null}
            changed={changed}
            onSelect={setChosen}
            onOpen={openAndClaim}
          />
        ) : (
          <p className="empty">
            {list.data === undefined ? loading : filter === '' ? words.empty[view] : words.nothingFound}
          </p>
        )}
      </div>
      <Hints />
    </div>
  )
}

/** The task opened last is selected when one comes back. */
let lastOpened: string | null = null
