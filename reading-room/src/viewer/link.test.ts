import { expect, test, vi } from 'vitest'
import type { ImagePlane } from './points'

vi.mock('./engine', () => ({ planeOfImage: () => null, viewportOf: () => null }))
const { nearestPlane } = await import('./link')

const axial = (z: number): ImagePlane => ({
  origin: [0, 0, z],
  rowCosines: [1, 0, 0],
  columnCosines: [0, 1, 0],
  rowSpacing: 1,
  columnSpacing: 1,
})
const sagittal: ImagePlane = { ...axial(0), rowCosines: [0, 1, 0], columnCosines: [0, 0, -1] }

test('a linked viewport goes to the nearest slice at the same place', () => {
  expect(nearestPlane([axial(0), axial(5), axial(10)], axial(0), 6)).toBe(1)
})

test('a viewport of another direction stays where it is', () => {
  expect(nearestPlane([sagittal, sagittal], axial(0), 6)).toBeNull()
})
