import { useEffect, useEffectEvent, useState, type ReactNode } from 'react'
import { useWords } from '../words/language'
import type { Stack } from './images'
import { useOverlay } from './overlay'
import { useStack } from './useStack'
import './viewer.css'
import { en } from './words.en'
import { nl } from './words.nl'

interface ViewportProps {
  id: string
  testId: string
  isPrior: boolean
  active: boolean
  /** Null: nothing chosen, or not here yet. */
  stack: Stack | null
  /** The image to open with; null is the one that suits the modality. */
  openAt: number | null
  /** What to say while there is nothing to see. */
  silence: string
  caption: { hospital: string; date: string; description: string }
  onActivate: () => void
  onShown: () => void
  children?: ReactNode
}

/** One stack of images with what must be known of it in the corners. */
export function Viewport(props: ViewportProps) {
  const { id, stack, isPrior, active, caption, onShown } = props
  const words = useWords({ nl, en })
  const [element, setElement] = useState<HTMLDivElement | null>(null)
  const showing = useStack(id, element, stack, props.openAt)
  const overlay = useOverlay(id, element, stack)
  const shown = showing === 'shown'
  const tellShown = useEffectEvent(onShown)
  useEffect(() => {
    if (shown) tellShown()
  }, [shown, stack])

  return (
    <section
      className={['viewport', active ? 'active' : '', isPrior ? 'prior' : ''].filter(Boolean).join(' ')}
      aria-label={isPrior ? words.priorStudy : words.current}
      data-testid={props.testId}
      data-loaded={shown}
      data-image={overlay === null ? undefined : overlay.index + 1}
      onPointerDown={props.onActivate}
      onWheel={props.onActivate}
    >
      <div
        ref={setElement}
        className="canvas"
        data-viewport={id}
        onContextMenu={(event) => event.preventDefault()}
      />
      {!shown && (
        <p className={showing === 'failed' ? 'silence bad' : 'silence quiet'} role="status">
          {showing === 'failed' ? words.failed : stack === null ? props.silence : words.loading}
        </p>
      )}
      {stack !== null && shown && overlay !== null && (
        <div className="overlay">
          <div className="corner top left">
            {isPrior && <b className="prior-mark">{words.prior}</b>}
            <span>{caption.hospital}</span>
            <span>
              {caption.date} {caption.description}
            </span>
          </div>
          <div className="corner top right">
            <span>{words.series(stack.number)}</span>
            <span>{stack.description}</span>
          </div>
          <div className="corner bottom left">
            <span>{words.image(overlay.index + 1, stack.pictures.length)}</span>
          </div>
          <div className="corner bottom right">
            {overlay.inverted && <span>{words.inverted}</span>}
            <span>{words.window(overlay.width, overlay.centre)}</span>
            <span>{words.zoom(overlay.zoom)}</span>
          </div>
          {overlay.sides !== null && (
            <>
              <span className="side top">{overlay.sides.top}</span>
              <span className="side right">{overlay.sides.right}</span>
              <span className="side bottom">{overlay.sides.bottom}</span>
              <span className="side left">{overlay.sides.left}</span>
            </>
          )}
        </div>
      )}
      {props.children}
    </section>
  )
}
