/** Which of the kept answers an event makes old; a burst of events asks the server once. */
import type { QueryClient, QueryKey } from '@tanstack/react-query'
import { kept } from '../api/keys'
import type { FeedEvent, FeedTopic } from '../api/types'

export function staleBy(topic: FeedTopic, event: FeedEvent): QueryKey[] {
  const task = event.task_id ?? null
  const ofTask: QueryKey[] = task === null ? [] : [kept.task(task)]
  switch (topic) {
    case 'task':
      return [kept.worklists, ...ofTask]
    case 'delivery':
      return [kept.worklists, kept.deliveries, ...ofTask]
    case 'report':
      return ofTask
    case 'study':
      return [kept.worklists, kept.arrivals, kept.archive, ...ofTask]
    case 'order':
      return [kept.worklists, kept.arrivals]
    case 'quarantine':
      return [kept.arrivals, kept.quarantine, kept.archive]
    case 'instance':
      return [kept.archive]
    case 'transfer':
      return [kept.transfers]
    case 'import':
      return [kept.imports, kept.archive]
    case 'hello':
      return []
  }
}

const GATHER = 120 // milliseconds

/** Takes events, and freshens what they made old a moment later, each thing once. */
export function freshener(cache: QueryClient): (topic: FeedTopic, event: FeedEvent) => void {
  const waiting = new Map<string, QueryKey>()
  let timer: ReturnType<typeof setTimeout> | null = null
  return (topic, event) => {
    for (const key of staleBy(topic, event)) waiting.set(JSON.stringify(key), key)
    if (waiting.size === 0) return
    timer ??= setTimeout(() => {
      const keys = [...waiting.values()]
      waiting.clear()
      timer = null
      for (const queryKey of keys) void cache.invalidateQueries({ queryKey })
    }, GATHER)
  }
}
