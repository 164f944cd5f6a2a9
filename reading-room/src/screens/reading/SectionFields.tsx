import type { RefObject } from 'react'
import { SECTIONS, type Section } from '../../api/types'
import { COMMANDS, printed } from '../../keys/registry'
import { useWords } from '../../words/language'
import { shared } from '../../words/shared'
import type { Desk } from './useDesk'
import { en } from './words.en'
import { nl } from './words.nl'

interface SectionFieldsProps {
  desk: Desk
  fields: RefObject<Partial<Record<Section, HTMLTextAreaElement>>>
}

const KEYS: Partial<Record<Section, string>> = {
  findings: printed(COMMANDS.toFindings.keys[0]),
  impression: printed(COMMANDS.toImpression.keys[0]),
}

/** The text, a field for each section; the field grows with what is in it. */
export function SectionFields({ desk, fields }: SectionFieldsProps) {
  const words = useWords({ nl, en })
  const { loading } = useWords(shared)
  const { sections } = desk
  if (sections === null) return <p className="quiet">{loading}</p>
  return (
    <>
      {SECTIONS.map((section) => (
        <label key={section} className={`section ${section}`}>
          <span>
            {words.section[section]}
            {desk.editable && KEYS[section] !== undefined && <kbd>{KEYS[section]}</kbd>}
          </span>
          <textarea
            ref={(element) => {
              if (element !== null) fields.current[section] = element
            }}
            data-testid={`section-${section}`}
            value={sections[section]}
            readOnly={!desk.editable}
            rows={section === 'findings' ? 5 : section === 'impression' ? 3 : 1}
            spellCheck={false}
            onChange={(event) => desk.write(section, event.target.value)}
          />
        </label>
      ))}
    </>
  )
}
