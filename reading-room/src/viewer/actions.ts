/** What keys and buttons make a viewport do. */
import { utilities } from '@cornerstonejs/core'
import { viewportOf } from './engine'

export interface WindowPreset {
  name: 'brain' | 'subdural' | 'bone' | 'lung' | 'soft'
  width: number
  centre: number
}

/** Windows for CT, in Hounsfield units, under the keys 1 to 5. */
export const PRESETS: readonly WindowPreset[] = [
  { name: 'brain', width: 80, centre: 40 },
  { name: 'subdural', width: 200, centre: 75 },
  { name: 'bone', width: 2500, centre: 480 },
  { name: 'lung', width: 1500, centre: -600 },
  { name: 'soft', width: 400, centre: 40 },
]

export function scroll(id: string, by: number): void {
  const viewport = viewportOf(id)
  if (viewport === null) return
  show(id, viewport.getTargetImageIdIndex() + by)
}

/** Shows the image at a place in the stack; -1 is the last one. */
export function show(id: string, index: number): void {
  const viewport = viewportOf(id)
  const count = viewport?.getImageIds().length ?? 0
  if (viewport === null || count === 0) return
  const place = Math.min(Math.max(index, 0), count - 1)
  void viewport.setImageIdIndex(place).catch(() => undefined)
}

export function showLast(id: string): void {
  show(id, (viewportOf(id)?.getImageIds().length ?? 1) - 1)
}

export function setWindow(id: string, width: number, centre: number): void {
  const viewport = viewportOf(id)
  if (viewport === null) return
  viewport.setProperties({ voiRange: utilities.windowLevel.toLowHighRange(width, centre) })
  viewport.render()
}

/** The window that the study itself asks for. */
export function ownWindow(id: string): void {
  const viewport = viewportOf(id)
  if (viewport === null) return
  const { invert } = viewport.getProperties()
  viewport.resetProperties()
  if (invert !== undefined) viewport.setProperties({ invert })
  viewport.render()
}

export function invert(id: string): void {
  const viewport = viewportOf(id)
  if (viewport === null) return
  viewport.setProperties({ invert: viewport.getProperties().invert !== true })
  viewport.render()
}

export function zoom(id: string, by: number): void {
  const viewport = viewportOf(id)
  if (viewport === null) return
  viewport.setZoom(Math.min(Math.max(viewport.getZoom() * by, 0.2), 20))
  viewport.render()
}

export function reset(id: string): void {
  const viewport = viewportOf(id)
  if (viewport === null) return
  viewport.resetCamera()
  viewport.resetProperties()
  viewport.render()
}
