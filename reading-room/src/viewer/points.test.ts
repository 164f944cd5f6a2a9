import { expect, test } from 'vitest'
import { imagePointOf, oppositeOf, sideOf, worldOf, type ImagePlane } from './points'

const oblique: ImagePlane = {
  origin: [-120.5, 80.25, 33],
  rowCosines: [0.8, 0.6, 0],
  columnCosines: [0, 0, -1],
  columnSpacing: 0.4,
  rowSpacing: 0.9,
}

test('the position of an image is the centre of its first pixel, half a pixel from the corner', () => {
  expect(imagePointOf(oblique, oblique.origin)).toEqual([0.5, 0.5])
  expect(worldOf(oblique, [0.5, 0.5])).toEqual([...oblique.origin])
})

test('a column further is a column spacing along the row, a row further a row spacing down', () => {
  expect(worldOf(oblique, [10.5, 0.5])[0]).toBeCloseTo(-120.5 + 10 * 0.4 * 0.8, 9)
  expect(worldOf(oblique, [0.5, 10.5])[2]).toBeCloseTo(33 - 10 * 0.9, 9)
})

test('a point goes to the patient and back unchanged', () => {
  for (const point of [
    [0, 0],
    [511.25, 3.75],
    [-2, 700],
  ] as [number, number][]) {
    const back = imagePointOf(oblique, worldOf(oblique, point))
    expect(back[0]).toBeCloseTo(point[0], 9)
    expect(back[1]).toBeCloseTo(point[1], 9)
  }
})

test('sides are named as on film', () => {
  expect(sideOf([1, 0, 0])).toBe('L')
  expect(sideOf([0, -1, 0])).toBe('A')
  expect(sideOf([0.1, 0.6, -0.79])).toBe('FP')
  expect(oppositeOf('FP')).toBe('HA')
})
