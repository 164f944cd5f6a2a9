import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Refusal } from '../../api/client'
import type { Draft, Lease, Sections } from '../../api/types'
import { LeaseKeeper } from './lease'
import type { Written } from './queries'
import { DraftSaver } from './saver'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const lease: Lease = { token: 'a', fence: 3, ends_at: '2026-11-24T10:00:00Z' }
const empty: Sections = { clinical: '', technique: '', comparison: '', findings: '', impression: '' }
const saying = (findings: string): Written => ({ sections: { ...empty, findings }, annotations: [] })
const draft = (revision: number): Draft => ({
  sections: {},
  annotations: [],
  revision,
  saved_at: '2026-11-24T09:59:00Z',
})
const lost = new Refusal(409, { sentence: 'Your hold has ended.', reasons: ['lease_lost'] })

function saverThat(put: (lease: Lease, written: Written) => Promise<Draft>) {
  const saver = new DraftSaver(put)
  saver.start(saying(''), { sections: {}, annotations: [], revision: 0 })
  saver.under(lease)
  return saver
}

test('typing is saved once, a moment after the last letter', async () => {
  const put = vi.fn(() => Promise.resolve(draft(1)))
  const saver = saverThat(put)
  for (const text of ['G', 'Ge', 'Geen bloeding.']) saver.change(saying(text))
  await vi.advanceTimersByTimeAsync(799)
  expect(put).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(put).toHaveBeenCalledExactlyOnceWith(lease, saying('Geen bloeding.'))
  expect(saver.saving).toEqual({ kind: 'saved', at: '2026-11-24T09:59:00Z' })
})

test('when the lease is lost the text is kept, and saved under the next one', async () => {
  const put = vi.fn<(lease: Lease, written: Written) => Promise<Draft>>().mockRejectedValueOnce(lost)
  const saver = saverThat(put)
  saver.change(saying('Geen bloeding.'))
  await vi.advanceTimersByTimeAsync(800)
  expect(saver.saving.kind).toBe('lost')
  saver.change(saying('Geen bloeding. Geen fractuur.'))
  await vi.advanceTimersByTimeAsync(10_000)
  expect(put).toHaveBeenCalledTimes(1)
  expect(saver.unsaved).toBe(true)
  put.mockResolvedValueOnce(draft(4))
  saver.under({ ...lease, fence: 4 })
  await vi.advanceTimersByTimeAsync(0)
  expect(put).toHaveBeenLastCalledWith({ ...lease, fence: 4 }, saying('Geen bloeding. Geen fractuur.'))
  expect(saver.saving.kind).toBe('saved')
})

test('a server that is away is tried again', async () => {
  const put = vi.fn<() => Promise<Draft>>().mockRejectedValueOnce(new Refusal(0, {})).mockResolvedValueOnce(draft(1))
  const saver = saverThat(put)
  saver.change(saying('Fractuur.'))
  await vi.advanceTimersByTimeAsync(800)
  expect(saver.saving.kind).toBe('failed')
  await vi.advanceTimersByTimeAsync(4000)
  expect(saver.saving.kind).toBe('saved')
})

test('a lease is renewed every twenty seconds until the server says that it is over', async () => {
  const renew = vi.fn(() => Promise.resolve(lease))
  const keeper = new LeaseKeeper(renew)
  keeper.take(lease)
  await vi.advanceTimersByTimeAsync(40_000)
  expect(renew).toHaveBeenCalledTimes(2)
  renew.mockRejectedValueOnce(new Refusal(503, {}))
  await vi.advanceTimersByTimeAsync(20_000)
  expect(keeper.hold).toMatchObject({ kind: 'held', unsure: true })
  renew.mockRejectedValueOnce(lost)
  await vi.advanceTimersByTimeAsync(4_000)
  expect(keeper.hold).toEqual({ kind: 'lost' })
})
