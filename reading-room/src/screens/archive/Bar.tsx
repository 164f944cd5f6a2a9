interface BarProps {
  part: number
  label: string
  tone?: 'plain' | 'warn' | 'bad'
}

/** A part of a whole, as a bar that says the same in words. */
export function Bar({ part, label, tone = 'plain' }: BarProps) {
  return (
    <span
      className={`filling ${tone}`}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(part * 100)}
    >
      <span style={{ width: `${part * 100}%` }} />
    </span>
  )
}
