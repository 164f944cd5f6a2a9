import { LiveMark } from '../design/marks'
import { useFeedStatus } from '../feed/useFeed'
import { useWords } from '../words/language'
import { clock } from '../words/time'
import { en } from './words.en'
import { nl } from './words.nl'

/** Whether what is on screen is true now, and else as of when. */
export function Live() {
  const { live, heardAt } = useFeedStatus()
  const words = useWords({ nl, en })
  const told = live ? words.live : heardAt === null ? words.reconnecting : words.lost(clock(heardAt))
  return (
    <span className={live ? 'live' : 'live warn'} role="status" data-testid="feed" data-live={live}>
      <LiveMark live={live} />
      {told}
    </span>
  )
}
