import type { Annotation } from '../../api/types'
import { useLanguage, useWords } from '../../words/language'
import { shownValue } from './sentence'
import type { Desk } from './useDesk'
import type { Hung } from './useHanging'
import { en } from './words.en'
import { nl } from './words.nl'

interface MeasurementListProps {
  desk: Desk
  hung: Hung
  onInsert: (annotation: Annotation) => void
}

/** What is drawn, with the values that the server measured. */
export function MeasurementList({ desk, hung, onInsert }: MeasurementListProps) {
  const words = useWords({ nl, en })
  return (
    <section className="measurements">
      <h3>{words.measurements}</h3>
      {desk.annotations.length === 0 && <p className="faint">{words.noMeasurements}</p>}
      <ul>
        {desk.annotations.map((one) => (
          <li
            key={one.tracking_uid}
            className={one.tracking_uid === desk.selected ? 'selected' : ''}
            data-testid="measurement"
            data-tool={one.tool}
          >
            <button
              className="plain"
              title={words.jump}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => {
                hung.jump(one)
                desk.drawings.select(one.tracking_uid)
              }}
            >
              <b>{words.tool[one.tool]}</b>
              <Values annotation={one} />
            </button>
            {desk.editable && (
              <span className="acts">
                <button className="plain" onMouseDown={(event) => event.preventDefault()} onClick={() => onInsert(one)}>
                  {words.insert} {one.tracking_uid === desk.selected && <kbd>a</kbd>}
                </button>
                <button
                  className="plain"
                  aria-label={words.remove}
                  title={words.remove}
                  onClick={() => desk.drawings.remove(one.tracking_uid)}
                >
                  ✕
                </button>
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

export function Values({ annotation }: { annotation: Annotation }) {
  const words = useWords({ nl, en })
  const { language } = useLanguage()
  const measurements = annotation.measurements ?? []
  if (measurements.length === 0) return <span className="faint">{words.measuring}</span>
  return (
    <span className="values">
      {measurements.map((one) => (
        <span key={one.name}>
          {one.name !== 'length' && <span className="faint">{words.measure[one.name]} </span>}
          {shownValue(one, language)}
        </span>
      ))}
    </span>
  )
}
