import { expect, test } from 'vitest'
import { moved, placed, pointerAt } from './pointer'

test('two points placed by keyboard are a length', () => {
  const first = placed(pointerAt('Length', [10, 10]))
  expect(first.done).toBeNull()
  const second = placed(moved(first.pointer, 30, -4))
  expect(second.done).toEqual([
    [10, 10],
    [40, 6],
  ])
})

test('two corners placed by keyboard are the ellipse between them, axis by axis', () => {
  const first = placed(pointerAt('EllipticalROI', [10, 10]))
  expect(placed(moved(first.pointer, 20, 10)).done).toEqual([
    [20, 10],
    [20, 20],
    [10, 15],
    [30, 15],
  ])
})
