/** The one feed of the application, for the screens. */
import { useQueryClient } from '@tanstack/react-query'
import { createContext, use, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react'
import { FeedConnection, type FeedStatus } from './connection'
import { freshener } from './freshen'

const FeedContext = createContext<FeedConnection | null>(null)

export function LiveFeed({ children }: { children: ReactNode }) {
  const cache = useQueryClient()
  const [feed] = useState(() => new FeedConnection())
  useEffect(() => {
    const forget = feed.onEvent(freshener(cache))
    feed.open()
    return () => {
      forget()
      feed.close()
    }
  }, [feed, cache])
  return <FeedContext value={feed}>{children}</FeedContext>
}

const silent: FeedStatus = { live: false, heardAt: null }
const never = () => () => undefined

export function useFeedStatus(): FeedStatus {
  const feed = use(FeedContext)
  return useSyncExternalStore(feed?.onStatus ?? never, () => feed?.status ?? silent)
}
