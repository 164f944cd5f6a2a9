import { useEffect, useRef, useState } from 'react'
import type { ImagePoint, ToolName } from '../api/types'
import { useWords } from '../words/language'
import { planeOfImage, viewportOf } from './engine'
import { moved, placed, pointerAt } from './pointer'
import { imagePointOf, worldOf } from './points'
import { en } from './words.en'
import { nl } from './words.nl'

interface KeyboardCursorProps {
  viewportId: string
  tool: ToolName
  onDone: (imageId: string, points: ImagePoint[]) => void
  onEnd: () => void
}

const STEPS: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/** A cross on the image that the arrows move; Enter places the points of a measurement. */
export function KeyboardCursor({ viewportId, tool, onDone, onEnd }: KeyboardCursorProps) {
  const words = useWords({ nl, en })
  const box = useRef<HTMLDivElement>(null)
  const [pointer, setPointer] = useState(() => pointerAt(tool, centreOf(viewportId)))

  useEffect(() => {
    const before = document.activeElement
    box.current?.focus()
    return () => {
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])

  const press = (event: React.KeyboardEvent) => {
    const step = STEPS[event.key]
    const far = event.shiftKey ? 10 : 1
    if (step !== undefined) setPointer(moved(pointer, step[0] * far, step[1] * far))
    else if (event.key === 'Escape') onEnd()
    else if (event.key === 'Enter') {
      const { pointer: next, done } = placed(pointer)
      setPointer(next)
      const imageId = viewportOf(viewportId)?.getCurrentImageId()
      if (done !== null && imageId !== undefined) {
        onDone(imageId, done)
        onEnd()
      }
    } else return
    event.preventDefault()
    event.stopPropagation()
  }

  const at = onScreen(viewportId, pointer.at)
  const from = pointer.placed[0] === undefined ? null : onScreen(viewportId, pointer.placed[0])
  return (
    <div
      ref={box}
      className="cursor"
      tabIndex={-1}
      data-own-keys
      data-testid="keyboard-cursor"
      aria-label={words.cursor(pointer.placed.length)}
      role="application"
      onKeyDown={press}
    >
      {at !== null && (
        <svg aria-hidden>
          {from !== null && <Trace tool={tool} from={from} to={at} />}
          <path
            className="cross"
            d={`M${at[0] - 14} ${at[1]}h10m8 0h10M${at[0]} ${at[1] - 14}v10m0 8v10`}
          />
        </svg>
      )}
      <p>{words.cursor(pointer.placed.length)}</p>
    </div>
  )
}

type OnScreen = readonly [number, number]

function Trace({ tool, from, to }: { tool: ToolName; from: OnScreen; to: OnScreen }) {
  if (tool === 'Length') return <line x1={from[0]} y1={from[1]} x2={to[0]} y2={to[1]} />
  return (
    <ellipse
      cx={(from[0] + to[0]) / 2}
      cy={(from[1] + to[1]) / 2}
      rx={Math.abs(from[0] - to[0]) / 2}
      ry={Math.abs(from[1] - to[1]) / 2}
    />
  )
}

/** The image point in the middle of what is on screen. */
function centreOf(viewportId: string): ImagePoint {
  const viewport = viewportOf(viewportId)
  const plane = viewport === null ? null : planeOfImage(viewport.getCurrentImageId())
  const focus = viewport?.getCamera().focalPoint
  if (plane === null || focus === undefined) return [0, 0]
  const [column, row] = imagePointOf(plane, focus)
  return [Math.round(column), Math.round(row)]
}

function onScreen(viewportId: string, point: ImagePoint): OnScreen | null {
  const viewport = viewportOf(viewportId)
  const plane = viewport === null ? null : planeOfImage(viewport.getCurrentImageId())
  if (viewport === null || plane === null) return null
  const [x, y] = viewport.worldToCanvas(worldOf(plane, point))
  return [x, y]
}
