/** What is written in the corners and at the edges of a viewport. */
import { Enums, utilities } from '@cornerstonejs/core'
import { useEffect, useState } from 'react'
import { viewportOf } from './engine'
import { figures, text, type Stack } from './images'
import { oppositeOf, sideOf, type Vector } from './points'

export interface Overlay {
  index: number
  width: number
  centre: number
  zoom: number
  inverted: boolean
  sides: { top: string; right: string; bottom: string; left: string } | null
}

const { STACK_NEW_IMAGE, VOI_MODIFIED, CAMERA_MODIFIED, IMAGE_RENDERED } = Enums.Events

/** Keeps up with what the viewport shows; null before its first image. */
export function useOverlay(id: string, element: HTMLElement | null, stack: Stack | null): Overlay | null {
  const [overlay, setOverlay] = useState<Overlay | null>(null)
  useEffect(() => {
    if (element === null || stack === null) return
    let waiting = 0
    const look = () => {
      cancelAnimationFrame(waiting)
      waiting = requestAnimationFrame(() => {
        const seen = overlayOf(id, stack)
        setOverlay((before) => (JSON.stringify(before) === JSON.stringify(seen) ? before : seen))
      })
    }
    const events = [STACK_NEW_IMAGE, VOI_MODIFIED, CAMERA_MODIFIED, IMAGE_RENDERED]
    events.forEach((event) => element.addEventListener(event, look))
    return () => {
      cancelAnimationFrame(waiting)
      events.forEach((event) => element.removeEventListener(event, look))
    }
  }, [id, element, stack])
  return overlay
}

function overlayOf(id: string, stack: Stack): Overlay | null {
  const viewport = viewportOf(id)
  if (viewport === null || viewport.getImageIds().length === 0) return null
  const { voiRange, invert } = viewport.getProperties()
  const { windowWidth, windowCenter } = utilities.windowLevel.toWindowLevel(
    voiRange?.lower ?? 0,
    voiRange?.upper ?? 0,
  )
  return {
    index: viewport.getCurrentImageIdIndex(),
    width: Math.round(windowWidth),
    centre: Math.round(windowCenter),
    zoom: Math.round(viewport.getZoom() * 100) / 100,
    inverted: invert === true,
    sides: sidesOf(id, stack),
  }
}

function sidesOf(id: string, stack: Stack): Overlay['sides'] {
  const attributes = stack.pictures[0]?.attributes ?? {}
  if (figures(attributes, '00200037').length !== 6) return projectionSides(attributes)
  const { viewUp, viewPlaneNormal } = viewportOf(id)?.getCamera() ?? {}
  if (viewUp === undefined || viewPlaneNormal === undefined) return null
  const [up, normal] = [viewUp as Vector, viewPlaneNormal as Vector]
  const right: Vector = [
    up[1] * normal[2] - up[2] * normal[1],
    up[2] * normal[0] - up[0] * normal[2],
    up[0] * normal[1] - up[1] * normal[0],
  ]
  return around(sideOf(right), oppositeOf(sideOf(up)))
}

/** A projection says itself where its rows and columns point (0020,0020). */
function projectionSides(attributes: Stack['pictures'][number]['attributes']): Overlay['sides'] {
  const said = attributes['00200020']?.Value
  const [right, bottom] = [said?.[0], said?.[1]]
  if (typeof right === 'string' && typeof bottom === 'string') return around(right, bottom)
  const laterality = text(attributes, '00200062')
  return laterality === '' ? null : { top: laterality, right: '', bottom: '', left: '' }
}

const around = (right: string, bottom: string) => ({
  top: oppositeOf(bottom),
  right,
  bottom,
  left: oppositeOf(right),
})
