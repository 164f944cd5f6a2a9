/** Takes each key press to the command of the topmost layer that knows it. */
import { commandOf, keyOf, type CommandName } from './registry'

export type Handlers = Partial<Record<CommandName, () => void>>

interface Layer {
  handlers: () => Handlers
  /** Nothing below hears a key (a dialog). */
  alone: boolean
}

const layers: Layer[] = []
const SEQUENCE = 1200 // milliseconds between the keys of "g w"
let begun: { key: string; at: number } | null = null

/** Puts a layer on top; the answer takes it away again. */
export function addLayer(handlers: () => Handlers, alone = false): () => void {
  const layer = { handlers, alone }
  layers.push(layer)
  return () => void layers.splice(layers.indexOf(layer), 1)
}

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input, textarea, select'))
  )
}

function pressesItself(event: KeyboardEvent): boolean {
  const target = event.target
  return (
    (event.key === 'Enter' || event.key === ' ') &&
    target instanceof HTMLElement &&
    target.closest('button, a[href], summary') !== null
  )
}

/** Whether the sequence `keys` ends with what was pressed, or is begun by it. */
function matches(keys: readonly string[], pressed: string): boolean {
  return keys.includes(pressed)
}

function find(pressed: string, inText: boolean): (() => void) | null {
  for (const layer of layers.toReversed()) {
    for (const [name, run] of Object.entries(layer.handlers())) {
      const command = commandOf(name as CommandName)
      if (!matches(command.keys, pressed)) continue
      const plain = pressed.length === 1 || pressed.includes(' ')
      if (inText && (plain || command.whileTyping !== true)) continue
      return run
    }
    if (layer.alone) return null
  }
  return null
}

export function dispatch(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || pressesItself(event)) return
  if (event.target instanceof HTMLElement && event.target.closest('[data-own-keys]') !== null) return
  const inText = typing(event.target)
  const key = keyOf(event)
  const second = begun !== null && Date.now() - begun.at < SEQUENCE ? `${begun.key} ${key}` : null
  begun = null
  const run = (second === null ? null : find(second, inText)) ?? find(key, inText)
  if (run !== null) {
    event.preventDefault()
    event.stopPropagation() // what is in focus may know the key otherwise: the viewer undoes by z
    run()
  } else if (key === 'g' && !inText) {
    begun = { key, at: Date.now() }
  }
}
