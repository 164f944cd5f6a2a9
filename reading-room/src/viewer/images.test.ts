import { expect, test } from 'vitest'
import { openingIndex, stacksOfSeries, type Attributes } from './images'

function slice(number: number, z: number, modality = 'CT'): Attributes {
  return {
    '00080018': { vr: 'UI', Value: [`1.2.${number}`] },
    '00080060': { vr: 'CS', Value: [modality] },
    '0008103E': { vr: 'LO', Value: ['serie'] },
    '00200013': { vr: 'IS', Value: [number] },
    '00200032': { vr: 'DS', Value: [0, 0, z] },
    '00200037': { vr: 'DS', Value: [1, 0, 0, 0, 1, 0] },
    '00280010': { vr: 'US', Value: [512] },
    '00280030': { vr: 'DS', Value: [0.5, 0.5] },
  }
}

test('slices lie in the order of their numbers, and a stack opens in the middle', () => {
  const [stack] = stacksOfSeries('/root', '1.1', '1.9', [slice(10, 40), slice(2, 0), slice(1, -40)])
  expect(stack?.pictures.map((picture) => picture.sopInstanceUid)).toEqual(['1.2.1', '1.2.2', '1.2.10'])
  expect(stack && openingIndex(stack)).toBe(1)
  expect(stack?.pictures[0]?.imageId).toBe('wadors:/root/series/1.9/instances/1.2.1/frames/1')
})

test('each projection is a stack of its own, also within one series', () => {
  const both = stacksOfSeries('/root', '1.1', '1.9', [slice(1, 0, 'DX'), slice(2, 0, 'DX')])
  expect(both.map((stack) => stack.pictures.length)).toEqual([1, 1])
})

test('every frame of a multi-frame image is a picture', () => {
  const many = { ...slice(1, 0, 'MR'), '00280008': { vr: 'IS', Value: ['3'] } }
  const [stack] = stacksOfSeries('/root', '1.1', '1.9', [many])
  expect(stack?.pictures.map((picture) => picture.frame)).toEqual([1, 2, 3])
})
