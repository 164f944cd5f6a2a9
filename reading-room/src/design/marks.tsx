/** Small shapes that say the same as the word beside them, for whoever does not see the colour. */
import type { DeliveryState, TaskState, Urgency } from '../api/types'

const ring = (dash?: string) => (
  <circle cx="7" cy="7" r="5.25" fill="none" stroke="currentColor" strokeWidth="1.5" strokeDasharray={dash} />
)

/** A ring filled to `part` of a turn. */
function filled(part: number) {
  const angle = 2 * Math.PI * part
  const [x, y] = [7 + 3 * Math.sin(angle), 7 - 3 * Math.cos(angle)]
  return (
    <>
      {ring()}
      <path d={`M7 7V4A3 3 0 ${part > 0.5 ? 1 : 0} 1 ${x} ${y}Z`} fill="currentColor" />
    </>
  )
}

const tick = 'M4.3 7.2l1.9 1.9 3.6-4'
const disc = (sign: string) => (
  <>
    <circle cx="7" cy="7" r="6" fill="currentColor" />
    <path d={sign} fill="none" stroke="var(--ground)" strokeWidth="1.6" strokeLinecap="round" />
  </>
)

const STATES: Record<TaskState, { colour: string; shape: React.ReactNode }> = {
  expected: { colour: 'var(--text-faint)', shape: ring('2 2.1') },
  incomplete: {
    colour: 'var(--warn)',
    shape: (
      <>
        {ring()}
        <path d="M5.6 5v4M8.4 5v4" stroke="currentColor" strokeWidth="1.5" />
      </>
    ),
  },
  available: { colour: 'var(--text)', shape: ring() },
  claimed: { colour: 'var(--accent)', shape: filled(0.25) },
  drafted: { colour: 'var(--accent)', shape: filled(0.5) },
  preliminary: { colour: 'var(--accent)', shape: filled(0.75) },
  final: { colour: 'var(--good)', shape: <circle cx="7" cy="7" r="6" fill="currentColor" /> },
  delivered: { colour: 'var(--good)', shape: disc(tick) },
  cancelled: { colour: 'var(--text-faint)', shape: disc('M4.8 4.8l4.4 4.4M9.2 4.8L4.8 9.2') },
}

export function StateMark({ state }: { state: TaskState }) {
  return (
    <svg className="mark" viewBox="0 0 14 14" aria-hidden style={{ color: STATES[state].colour }}>
      {STATES[state].shape}
    </svg>
  )
}

const BARS: Record<Urgency, number> = { stroke: 4, acute: 3, urgent: 2, routine: 1 }

export function UrgencyMark({ urgency }: { urgency: Urgency }) {
  if (urgency === 'stroke') {
    return (
      <svg className="mark" viewBox="0 0 14 14" aria-hidden style={{ color: 'var(--bad)' }}>
        <rect x="1" y="1" width="12" height="12" rx="3" fill="currentColor" />
        <path d="M7 3.8v3.8M7 10v.2" stroke="var(--ground)" strokeWidth="1.8" strokeLinecap="round" />
      </svg>
    )
  }
  const colour = urgency === 'acute' ? 'var(--bad)' : urgency === 'urgent' ? 'var(--warn)' : 'var(--text-soft)'
  return (
    <svg className="mark" viewBox="0 0 14 14" aria-hidden style={{ color: colour }}>
      {[1, 2, 3].map((bar) => (
        <rect
          key={bar}
          x={bar * 4 - 3}
          y={11 - bar * 3}
          width="2.6"
          height={bar * 3}
          rx="0.8"
          fill="currentColor"
          opacity={bar <= BARS[urgency] ? 1 : 0.25}
        />
      ))}
    </svg>
  )
}

const DELIVERIES: Record<DeliveryState, { colour: string; shape: React.ReactNode }> = {
  owed: { colour: 'var(--accent)', shape: filled(0.5) },
  acknowledged: { colour: 'var(--good)', shape: disc(tick) },
  refused: {
    colour: 'var(--bad)',
    shape: (
      <>
        <path d="M7 1L13.2 12.4H.8Z" fill="currentColor" />
        <path d="M7 5v3.4M7 10.2v.3" stroke="var(--ground)" strokeWidth="1.4" strokeLinecap="round" />
      </>
    ),
  },
  withdrawn: { colour: 'var(--text-faint)', shape: ring('2 2.1') },
}

export function DeliveryMark({ state }: { state: DeliveryState }) {
  return (
    <svg className="mark" viewBox="0 0 14 14" aria-hidden style={{ color: DELIVERIES[state].colour }}>
      {DELIVERIES[state].shape}
    </svg>
  )
}

export function LiveMark({ live }: { live: boolean }) {
  return (
    <svg className="mark" viewBox="0 0 14 14" aria-hidden style={{ color: live ? 'var(--good)' : 'var(--warn)' }}>
      {live ? <circle cx="7" cy="7" r="6" fill="currentColor" /> : ring('3 3')}
    </svg>
  )
}

export function Wordmark() {
  return (
    <svg viewBox="0 0 20 20" aria-hidden>
      <path d="M2 4h9M2 10h15M2 16h6" stroke="var(--accent)" strokeWidth="2" strokeLinecap="round" />
      <circle cx="14.5" cy="15" r="3" fill="none" stroke="var(--text)" strokeWidth="1.8" />
    </svg>
  )
}
