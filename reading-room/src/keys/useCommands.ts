import { useEffect, useRef } from 'react'
import { addLayer, dispatch, type Handlers } from './dispatch'

/** What commands do while this component is on screen; later components come first. */
export function useCommands(handlers: Handlers, { alone = false, when = true } = {}): void {
  const latest = useRef(handlers)
  useEffect(() => {
    latest.current = handlers
  })
  useEffect(() => (when ? addLayer(() => latest.current, alone) : undefined), [alone, when])
}

/** Listens to the keyboard before what is in focus does; once, at the root. */
export function useKeyboard(): void {
  useEffect(() => {
    window.addEventListener('keydown', dispatch, { capture: true })
    return () => window.removeEventListener('keydown', dispatch, { capture: true })
  }, [])
}
