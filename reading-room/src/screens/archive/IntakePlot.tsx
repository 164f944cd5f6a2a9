import { useLanguage, useWords } from '../../words/language'
import { byMinute, count, size } from './figures'
import { HOURS } from './queries'
import type { IntakeRate } from './types'
import { en } from './words.en'
import { nl } from './words.nl'

const HEIGHT = 96

/** How much came in each minute, as bars over the last hours. */
export function IntakePlot({ rate }: { rate: IntakeRate }) {
  const words = useWords({ nl, en })
  const { language } = useLanguage()
  const bytes = byMinute(rate.minutes, rate.now, HOURS)
  const most = Math.max(...bytes)
  if (most === 0) return <p className="empty">{words.nothingCame}</p>
  const images = rate.minutes.reduce((sum, one) => sum + one.instances, 0)
  const all = bytes.reduce((sum, one) => sum + one, 0)
  const told = words.intakeTold(count(images, language), size(all, language), size(most, language))
  return (
    <figure className="intake" data-testid="intake-plot">
      <svg viewBox={`0 0 ${bytes.length} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={told}>
        {bytes.map((one, minute) =>
          one === 0 ? null : (
            <rect
              key={minute}
              x={minute + 0.1}
              width={0.8}
              y={HEIGHT - Math.max(2, (one / most) * HEIGHT)}
              height={Math.max(2, (one / most) * HEIGHT)}
            />
          ),
        )}
      </svg>
      <div className="axis" aria-hidden>
        <span>{words.ago(String(HOURS))}</span>
        <span>{words.nowMark}</span>
      </div>
      <figcaption className="quiet">{told}</figcaption>
    </figure>
  )
}
