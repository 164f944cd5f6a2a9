import type { Stack } from '../../viewer/images'

interface SeriesStripProps {
  label: string
  stacks: readonly Stack[]
  shown: Stack | null
  onChoose: (stack: Stack) => void
}

/** The series of a study under its viewport. */
export function SeriesStrip({ label, stacks, shown, onChoose }: SeriesStripProps) {
  return (
    <nav className="strip" aria-label={label}>
      {stacks.map((stack) => (
        <button
          key={stack.id}
          className="plain"
          aria-pressed={stack.id === shown?.id}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onChoose(stack)}
        >
          <span className="faint">{stack.number}</span>
          {stack.description === '' ? stack.modality : stack.description}
          <span className="faint">{stack.pictures.length}</span>
        </button>
      ))}
    </nav>
  )
}
