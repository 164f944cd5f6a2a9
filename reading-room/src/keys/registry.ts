/**
 * Every command of the reading room with its keys: the one place. Screens say what a command does
 * (`useCommands`), the help screen prints this table.
 *
 * A key is `KeyboardEvent.key`, with `Ctrl+`, `Alt+` or `Shift+` before a named key; two keys one
 * after the other have a space between them ("g w").
 */

export type Scope = 'anywhere' | 'sign-in' | 'worklist' | 'images' | 'report'

export interface Command {
  scope: Scope
  keys: readonly string[]
  /** Also when the reader is typing. */
  whileTyping?: boolean
}

export const COMMANDS = {
  help: { scope: 'anywhere', keys: ['?'] },
  language: { scope: 'anywhere', keys: ['g l'] },
  goWorklist: { scope: 'anywhere', keys: ['g w'] },
  goDeliveries: { scope: 'anywhere', keys: ['g d'] },
  goArrivals: { scope: 'anywhere', keys: ['g a'] },
  goArchive: { scope: 'anywhere', keys: ['g r'] },
  goConsents: { scope: 'anywhere', keys: ['g t'] },
  signOut: { scope: 'anywhere', keys: ['g q'] },

  next: { scope: 'worklist', keys: ['j', 'ArrowDown'] },
  previous: { scope: 'worklist', keys: ['k', 'ArrowUp'] },
  first: { scope: 'worklist', keys: ['Home'] },
  last: { scope: 'worklist', keys: ['End'] },
  openAndClaim: { scope: 'worklist', keys: ['Enter'] },
  openOnly: { scope: 'worklist', keys: ['o'] },
  filter: { scope: 'worklist', keys: ['/'] },
  viewOpen: { scope: 'worklist', keys: ['1'] },
  viewMine: { scope: 'worklist', keys: ['2'] },
  viewDone: { scope: 'worklist', keys: ['3'] },
  viewAll: { scope: 'worklist', keys: ['4'] },

  sliceNext: { scope: 'images', keys: ['ArrowDown'] },
  slicePrevious: { scope: 'images', keys: ['ArrowUp'] },
  sliceForward: { scope: 'images', keys: ['PageDown'] },
  sliceBack: { scope: 'images', keys: ['PageUp'] },
  sliceFirst: { scope: 'images', keys: ['Home'] },
  sliceLast: { scope: 'images', keys: ['End'] },
  windowDefault: { scope: 'images', keys: ['0'] },
  windowOne: { scope: 'images', keys: ['1'] },
  windowTwo: { scope: 'images', keys: ['2'] },
  windowThree: { scope: 'images', keys: ['3'] },
  windowFour: { scope: 'images', keys: ['4'] },
  windowFive: { scope: 'images', keys: ['5'] },
  toolWindow: { scope: 'images', keys: ['w'] },
  toolZoom: { scope: 'images', keys: ['z'] },
  toolPan: { scope: 'images', keys: ['p'] },
  toolLength: { scope: 'images', keys: ['l'] },
  toolEllipse: { scope: 'images', keys: ['e'] },
  point: { scope: 'images', keys: ['Enter'] },
  zoomIn: { scope: 'images', keys: ['+', '='] },
  zoomOut: { scope: 'images', keys: ['-'] },
  invert: { scope: 'images', keys: ['i'] },
  reset: { scope: 'images', keys: ['r'] },
  deleteAnnotation: { scope: 'images', keys: ['Delete', 'Backspace'] },
  link: { scope: 'images', keys: ['x'] },
  layout: { scope: 'images', keys: ['v'] },
  otherViewport: { scope: 'images', keys: ['b'] },
  seriesNext: { scope: 'images', keys: [']'] },
  seriesPrevious: { scope: 'images', keys: ['['] },
  priorNext: { scope: 'images', keys: ['.'] },
  priorPrevious: { scope: 'images', keys: [','] },

  toFindings: { scope: 'report', keys: ['f'] },
  toImpression: { scope: 'report', keys: ['m'] },
  toImages: { scope: 'report', keys: ['Escape'], whileTyping: true },
  insertMeasurement: { scope: 'report', keys: ['Alt+m', 'a'], whileTyping: true },
  claim: { scope: 'report', keys: ['c'] },
  release: { scope: 'report', keys: ['u'] },
  sign: { scope: 'report', keys: ['Ctrl+Enter'], whileTyping: true },
  nextTask: { scope: 'report', keys: ['n'] },
  history: { scope: 'report', keys: ['h'] },
} as const satisfies Record<string, Command>

export type CommandName = keyof typeof COMMANDS

export const commandOf = (name: CommandName): Command => COMMANDS[name]

/** The key of an event as the table writes it. */
export function keyOf(event: KeyboardEvent): string {
  const named = event.key.length > 1
  const parts = [
    event.ctrlKey || event.metaKey ? 'Ctrl+' : '',
    event.altKey ? 'Alt+' : '',
    named && event.shiftKey ? 'Shift+' : '',
  ]
  return parts.join('') + (event.altKey && !named ? letterOf(event) : event.key)
}

/** With Alt some keyboards give another sign (µ for m); the letter on the key is meant. */
function letterOf(event: KeyboardEvent): string {
  return event.code.startsWith('Key') ? event.code.slice(3).toLowerCase() : event.key
}

const NAMES: Record<string, string> = {
  ArrowDown: '↓',
  ArrowUp: '↑',
  Enter: '↵',
  Escape: 'Esc',
  Delete: 'Del',
  Backspace: '⌫',
  PageDown: 'PgDn',
  PageUp: 'PgUp',
}

/** A key as the help screen and the hints print it. */
export function printed(key: string): string {
  return key
    .split(/(?<=\+)(?=.)| /)
    .map((part) => NAMES[part] ?? (part === '+' ? part : part.replace(/\+$/, '')))
    .join(' ')
}
