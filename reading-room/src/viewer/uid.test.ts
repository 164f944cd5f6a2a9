import { expect, test } from 'vitest'
import { trackingUidOf, uidOfUuid, uuidOfUid } from './uid'

test('the example of the standard', () => {
  expect(uidOfUuid('f81d4fae-7dec-11d0-a765-00a0c91e6bf6')).toBe(
    '2.25.329800735698586629295641978511506172918',
  )
})

test('names go to UIDs and back, also those with zeros in front and those of others', () => {
  for (const uid of ['2.25.1', '2.25.329800735698586629295641978511506172918', '1.2.840.99.1']) {
    expect(trackingUidOf(uuidOfUid(uid))).toBe(uid)
  }
})
