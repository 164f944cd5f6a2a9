import { Dialog } from '../shell/Dialog'
import { useWords } from '../words/language'
import { COMMANDS, printed, type CommandName, type Scope } from './registry'
import { en } from './words.en'
import { nl } from './words.nl'

const SCOPES: Scope[] = ['anywhere', 'worklist', 'images', 'report']
const names = Object.keys(COMMANDS) as CommandName[]

/** All keys, as the registry has them. */
export function Help({ onClose }: { onClose: () => void }) {
  const words = useWords({ nl, en })
  return (
    <Dialog title={words.title} onClose={onClose} wide>
      <div className="help">
        {SCOPES.map((scope) => (
          <section key={scope}>
            <h3>{words.scope[scope]}</h3>
            <dl>
              {names
                .filter((name) => COMMANDS[name].scope === scope)
                .map((name) => (
                  <div key={name}>
                    <dt>
                      {COMMANDS[name].keys.map((key) => (
                        <kbd key={key}>{printed(key)}</kbd>
                      ))}
                    </dt>
                    <dd>{words.command[name]}</dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <p className="quiet">{words.drawing}</p>
    </Dialog>
  )
}
