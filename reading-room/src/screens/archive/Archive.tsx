import type { Me } from '../../api/types'
import { go } from '../../shell/route'
import { useWords } from '../../words/language'
import './archive.css'
import { Import } from './Import'
import { Overview } from './Overview'
import { pagesFor, pathOf, type Page } from './pages'
import { Quarantine } from './Quarantine'
import { Studies } from './Studies'
import { Transfers } from './Transfers'
import { en } from './words.en'
import { nl } from './words.nl'

interface ArchiveProps {
  page: Page
  me: Me
}

/** What the archive keeps of the hospital, for those who look after it. */
export default function Archive({ page, me }: ArchiveProps) {
  const words = useWords({ nl, en })
  const pages = pagesFor(me)
  const shown = pages.includes(page) ? page : 'overview'
  return (
    <div className="sheet archive">
      <nav className="parts" aria-label={words.pages}>
        {pages.map((one) => (
          <a
            key={one}
            href={pathOf(one)}
            data-testid={`archive-${one}`}
            aria-current={one === shown ? 'page' : undefined}
            onClick={(event) => {
              event.preventDefault()
              go(pathOf(one))
            }}
          >
            {words.page[one]}
          </a>
        ))}
      </nav>
      <Shown page={shown} me={me} />
    </div>
  )
}

function Shown({ page, me }: ArchiveProps) {
  switch (page) {
    case 'overview':
      return <Overview me={me} />
    case 'studies':
      return <Studies me={me} />
    case 'quarantine':
      return <Quarantine />
    case 'transfers':
      return <Transfers />
    case 'import':
      return <Import />
  }
}
