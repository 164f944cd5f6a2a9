import { useEffect, useId, useRef, type ReactNode } from 'react'
import { useCommands } from '../keys/useCommands'

interface DialogProps {
  title: string
  onClose: () => void
  wide?: boolean
  children: ReactNode
}

/** A question over the screen; Esc closes it, and what was in focus gets it back. */
export function Dialog({ title, onClose, wide = false, children }: DialogProps) {
  const heading = useId()
  const box = useRef<HTMLDivElement>(null)
  useCommands({ toImages: onClose, help: onClose }, { alone: true })

  useEffect(() => {
    const before = document.activeElement
    const first = box.current?.querySelector<HTMLElement>('[data-first], input, textarea')
    ;(first ?? box.current)?.focus()
    return () => {
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])

  const keepInside = (event: React.KeyboardEvent) => {
    if (event.key !== 'Tab') return
    const stops = [
      ...(box.current?.querySelectorAll<HTMLElement>('button:enabled, input, textarea, a[href]') ??
        []),
    ]
    const edge = event.shiftKey ? stops[0] : stops.at(-1)
    if (document.activeElement !== edge && document.activeElement !== box.current) return
    event.preventDefault()
    ;(event.shiftKey ? stops.at(-1) : stops[0])?.focus()
  }

  return (
    <div
      className="veil"
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) onClose()
      }}
    >
      <div
        ref={box}
        className={wide ? 'dialog wide' : 'dialog'}
        role="dialog"
        aria-modal="true"
        aria-labelledby={heading}
        tabIndex={-1}
        onKeyDown={keepInside}
      >
        <h2 id={heading}>{title}</h2>
        {children}
      </div>
    </div>
  )
}
