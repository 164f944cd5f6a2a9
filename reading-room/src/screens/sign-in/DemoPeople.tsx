import { useEffect } from 'react'
import type { DemoReader } from '../../api/types'
import { useWords } from '../../words/language'
import { shared } from '../../words/shared'
import { en } from './words.en'
import { nl } from './words.nl'

const KEYS = '123456789abcdefhijklmnopqrstuvwxyz' // without g, which begins "g l"

interface DemoPeopleProps {
  people: DemoReader[]
  onChoose: (person: DemoReader) => void
}

/** The made-up people of the demo by hospital; one key or click signs in. */
export function DemoPeople({ people, onChoose }: DemoPeopleProps) {
  const words = useWords({ nl, en })
  const { role } = useWords(shared)
  const names = [...new Set(people.map((person) => person.hospital_name))]
  const hospitals = names.map((hospital) => ({
    hospital,
    readers: people.filter((person) => person.hospital_name === hospital),
  }))
  const ordered = hospitals.flatMap(({ readers }) => readers)
  const keyOf = (person: DemoReader) => KEYS[ordered.indexOf(person)] ?? ''

  useEffect(() => {
    const choose = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return
      const person = ordered[KEYS.indexOf(event.key)]
      if (event.key.length === 1 && person !== undefined) onChoose(person)
    }
    window.addEventListener('keydown', choose)
    return () => window.removeEventListener('keydown', choose)
  })

  return (
    <section className="demo" aria-label={words.demo}>
      <p>
        <strong>{words.demo}</strong> <span className="quiet">{words.demoSays}</span>
      </p>
      <div className="hospitals">
        {hospitals.map(({ hospital, readers }) => (
          <section key={hospital}>
            <h2>{hospital}</h2>
            <ul>
              {readers.map((person) => (
                <li key={person.username}>
                  <button data-testid={`demo-${person.username}`} onClick={() => onChoose(person)}>
                    <kbd>{keyOf(person)}</kbd>
                    <span className="name">{person.name}</span>
                    <span className="faint">{person.roles.map((one) => role[one]).join(', ')}</span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </section>
  )
}
