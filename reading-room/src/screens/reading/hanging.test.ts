import { expect, test } from 'vitest'
import type { TimelineStudy } from '../../api/types'
import type { Stack } from '../../viewer/images'
import { asTheStudyAsks, layoutOf, layoutsFor, stackIn } from './hanging'

const picture = { imageId: '', sopInstanceUid: '', frame: 1, attributes: {} }
const stack = (id: string, images: number, description = ''): Stack => ({
  id,
  studyInstanceUid: '1',
  seriesInstanceUid: id,
  modality: 'CT',
  number: '1',
  description,
  pictures: Array.from({ length: images }, () => picture),
})
const prior = {} as TimelineStudy

test('two projections hang side by side, a scan beside its prior, else one', () => {
  const chest = [stack('pa', 1), stack('lateral', 1)]
  expect(layoutOf(asTheStudyAsks, layoutsFor(chest, [prior]))).toBe('views')
  expect(layoutOf(asTheStudyAsks, layoutsFor([stack('ct', 90)], [prior]))).toBe('prior')
  expect(layoutOf(asTheStudyAsks, layoutsFor([stack('ct', 90)], []))).toBe('one')
})

test('of the prior the series most like the current one is shown', () => {
  const now = stack('t2', 30, 'T2 TRA')
  const older = [stack('a', 30, 'T1 SAG'), stack('b', 30, 'T2 tra')]
  expect(stackIn('prior', asTheStudyAsks, older, now)?.id).toBe('b')
})
