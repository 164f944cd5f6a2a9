import { COMMANDS, printed, type CommandName } from '../../keys/registry'
import { useWords } from '../../words/language'
import { en } from './words.en'
import { nl } from './words.nl'

/** The few keys one needs here, under the list. */
export function Hints() {
  const words = useWords({ nl, en })
  const hints: [CommandName[], string][] = [
    [['next', 'previous'], words.move],
    [['openAndClaim'], words.enter],
    [['openOnly'], words.openOnly],
    [['filter'], words.search],
    [['help'], words.help],
  ]
  return (
    <footer className="hints">
      {hints.map(([commands, what]) => (
        <span key={what}>
          {commands.map((name) => (
            <kbd key={name}>{printed(COMMANDS[name].keys[0])}</kbd>
          ))}{' '}
          {what}
        </span>
      ))}
    </footer>
  )
}
