/**
 * Between a point in the patient (millimetres, PS3.3 C.7.6.2.1.1) and a point on an image.
 *
 * Image points are (column, row) in pixels with (0, 0) the top left corner of the top left pixel
 * (PS3.3 C.18.6.1.1), so that the centre of that pixel is (0.5, 0.5). Image Position (Patient) is
 * the centre of that same pixel. Cornerstone's own conversion takes the two spacings for each
 * other, which shows where pixels are not square; hence this one.
 */
import type { ImagePoint } from '../api/types'

export type Vector = readonly [number, number, number]

export interface ImagePlane {
  origin: Vector
  /** Direction in which the column index grows. */
  rowCosines: Vector
  /** Direction in which the row index grows. */
  columnCosines: Vector
  /** Between the centres of neighbouring columns, in mm (PixelSpacing, second value). */
  columnSpacing: number
  /** Between the centres of neighbouring rows, in mm (PixelSpacing, first value). */
  rowSpacing: number
}

const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]

export function imagePointOf(plane: ImagePlane, world: Vector): ImagePoint {
  const { origin } = plane
  const from: Vector = [world[0] - origin[0], world[1] - origin[1], world[2] - origin[2]]
  return [
    dot(from, plane.rowCosines) / plane.columnSpacing + 0.5,
    dot(from, plane.columnCosines) / plane.rowSpacing + 0.5,
  ]
}

export function worldOf(plane: ImagePlane, [column, row]: ImagePoint): [number, number, number] {
  const along = (column - 0.5) * plane.columnSpacing
  const down = (row - 0.5) * plane.rowSpacing
  const at = (axis: 0 | 1 | 2) =>
    plane.origin[axis] + along * plane.rowCosines[axis] + down * plane.columnCosines[axis]
  return [at(0), at(1), at(2)]
}

export function normalOf({ rowCosines: r, columnCosines: c }: ImagePlane): Vector {
  return [r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2], r[0] * c[1] - r[1] * c[0]]
}

/** Where the plane lies along `normal`, in mm. */
export const positionAlong = (plane: ImagePlane, normal: Vector) => dot(plane.origin, normal)

export const areParallel = (a: Vector, b: Vector) => Math.abs(dot(a, b)) > 0.966 // 15 degrees

const LETTERS = [
  ['L', 'R'],
  ['P', 'A'],
  ['H', 'F'],
] as const

/** The side of the patient that a direction points to: L, R, P, A, H, F or two of them. */
export function sideOf(direction: Vector): string {
  return ([0, 1, 2] as const)
    .map((axis) => ({ size: Math.abs(direction[axis]), letter: LETTERS[axis][direction[axis] > 0 ? 0 : 1] }))
    .filter(({ size }) => size > 0.35)
    .sort((a, b) => b.size - a.size)
    .slice(0, 2)
    .map(({ letter }) => letter)
    .join('')
}

const OPPOSITE: Record<string, string> = { L: 'R', R: 'L', A: 'P', P: 'A', H: 'F', F: 'H' }

export const oppositeOf = (side: string) => Array.from(side, (letter) => OPPOSITE[letter] ?? '').join('')
