import { expect, test } from 'vitest'
import type { Annotation } from '../../api/types'
import { inserted, sentenceOf } from './sentence'

const drawn: Annotation = {
  tracking_uid: '2.25.1',
  tool: 'Length',
  study_instance_uid: '1',
  series_instance_uid: '1.1',
  sop_instance_uid: '1.1.1',
  frame: 1,
  points: [],
  label: '',
}
const seen = { series: '2', image: '14' }

test('a length is a sentence in the language of the reader', () => {
  const length: Annotation = { ...drawn, measurements: [{ name: 'length', value: 23.42, unit: 'mm' }] }
  expect(sentenceOf(length, seen, 'nl')).toBe('Lengte 23,4 mm (serie 2, beeld 14).')
  expect(sentenceOf(length, seen, 'en')).toBe('Length 23.4 mm (series 2, image 14).')
})

test('an ellipse tells its area and density', () => {
  const ellipse: Annotation = {
    ...drawn,
    tool: 'EllipticalROI',
    label: 'haard',
    measurements: [
      { name: 'area', value: 412, unit: 'mm2' },
      { name: 'mean', value: 62, unit: "[hnsf'U]" },
      { name: 'standard_deviation', value: 8.25, unit: "[hnsf'U]" },
    ],
  }
  expect(sentenceOf(ellipse, seen, 'nl')).toBe(
    'haard: Oppervlakte 4,1 cm², gemiddeld 62 HU (SD 8,3 HU) (serie 2, beeld 14).',
  )
})

test('without values from the server there is no sentence', () => {
  expect(sentenceOf(drawn, seen, 'nl')).toBeNull()
})

test('a sentence goes in at the cursor, with a space where one is needed', () => {
  expect(inserted('Geen bloeding.Wel haard.', 14, 'Lengte 2 mm.')).toEqual({
    text: 'Geen bloeding. Lengte 2 mm. Wel haard.',
    cursor: 28,
  })
  expect(inserted('', 0, 'Lengte 2 mm.').text).toBe('Lengte 2 mm.')
  expect(inserted('Een.\n', 5, 'Twee.').text).toBe('Een.\nTwee.')
})
