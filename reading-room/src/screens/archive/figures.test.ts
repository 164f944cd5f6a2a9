import { expect, test } from 'vitest'
import { byMinute, share, size } from './figures'

test('a size has three figures and the unit that fits', () => {
  expect(size(0, 'en')).toBe('0 B')
  expect(size(999, 'en')).toBe('999 B')
  expect(size(1_400_000_000, 'en')).toBe('1.4 GB')
  expect(size(1_234_000, 'nl')).toBe('1,23 MB')
  expect(size(2.5e18, 'en')).toBe('2,500 PB')
})

test('a share stays between nothing and all', () => {
  expect(share(1, 4)).toBe(0.25)
  expect(share(5, 4)).toBe(1)
  expect(share(5, 0)).toBe(0)
})

test('a minute in which nothing came stands as nothing', () => {
  const now = '2026-11-26T12:00:30Z'
  const minute = (at: string, bytes: number) => ({ minute: at, instances: 1, bytes })
  const found = byMinute(
    [minute('2026-11-26T11:59:00Z', 5), minute('2026-11-26T12:00:00Z', 7), minute('2026-11-26T10:00:00Z', 9)],
    now,
    1,
  )
  expect(found).toHaveLength(60)
  expect(found.slice(-2)).toEqual([5, 7])
  expect(found.reduce((sum, one) => sum + one)).toBe(12)
})
