import { expect, test } from 'vitest'
import { mended, valueOf } from './header'

const HEADER = {
  '00100020': { vr: 'LO', Value: ['N100'] },
  '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Jansen^Anna' }] },
  '00080050': { vr: 'SH' },
}

test('a value is shown as text, of whatever kind', () => {
  expect(valueOf(HEADER, '00100020')).toBe('N100')
  expect(valueOf(HEADER, '00100010')).toBe('Jansen^Anna')
  expect(valueOf(HEADER, '00080050')).toBe('')
  expect(valueOf(HEADER, '0020000D')).toBe('')
})

test('only what was changed is mended', () => {
  expect(mended(HEADER, { PatientID: 'N100', PatientName: '', AccessionNumber: 'A7' })).toEqual({
    AccessionNumber: 'A7',
  })
})
