/** Placing the points of a measurement by keyboard: a cursor on the image, and what is placed. */
import type { ImagePoint, ToolName } from '../api/types'

export interface Pointer {
  tool: ToolName
  at: ImagePoint
  placed: ImagePoint[]
}

export const pointerAt = (tool: ToolName, at: ImagePoint): Pointer => ({ tool, at, placed: [] })

export function moved(pointer: Pointer, columns: number, rows: number): Pointer {
  return { ...pointer, at: [pointer.at[0] + columns, pointer.at[1] + rows] }
}

/** With a point placed; `done` has the points of the annotation once there are enough. */
export function placed(pointer: Pointer): { pointer: Pointer; done: ImagePoint[] | null } {
  const points = [...pointer.placed, pointer.at]
  const [first, second] = points
  if (first === undefined || second === undefined) {
    return { pointer: { ...pointer, placed: points }, done: null }
  }
  const done = pointer.tool === 'Length' ? [first, second] : ellipseIn(first, second)
  return { pointer: { ...pointer, placed: [] }, done }
}

/** The ellipse that fills the box with these corners: ends of one axis, then of the other. */
export function ellipseIn([c1, r1]: ImagePoint, [c2, r2]: ImagePoint): ImagePoint[] {
  const column = (c1 + c2) / 2
  const row = (r1 + r2) / 2
  return [
    [column, Math.min(r1, r2)],
    [column, Math.max(r1, r2)],
    [Math.min(c1, c2), row],
    [Math.max(c1, c2), row],
  ]
}
