import { useEffect, useRef, useState } from 'react'
import type { Task } from '../../api/types'

const SHOWN = 2400 // milliseconds

const looks = (task: Task) =>
  [task.state, task.images_state, task.urgency, task.holder?.id, task.held_back.join(), task.deliveries.refused].join('|')

/** The ids of tasks that have just changed or come, so that their rows can show it for a moment. */
export function useChanged(tasks: Task[] | undefined, list: string): ReadonlySet<string> {
  const before = useRef<{ list: string; known: Map<string, string> } | null>(null)
  const [changed, setChanged] = useState<ReadonlySet<string>>(new Set())

  useEffect(() => {
    if (tasks === undefined) return
    const now = new Map(tasks.map((task) => [task.id, looks(task)]))
    const was = before.current
    before.current = { list, known: now }
    if (was?.list !== list) return
    const fresh = [...now].filter(([id, look]) => was.known.get(id) !== look).map(([id]) => id)
    if (fresh.length === 0) return
    setChanged((others) => new Set([...others, ...fresh]))
    setTimeout(
      () => setChanged((shown) => new Set([...shown].filter((id) => !fresh.includes(id)))),
      SHOWN,
    )
  }, [tasks, list])

  return changed
}
