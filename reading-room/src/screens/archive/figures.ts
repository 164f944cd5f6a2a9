/** Sizes, shares and rates as people write them, and the shape of the intake over time. */
import type { Language } from '../../words/language'
import type { Minute } from './types'

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** 1.4 GB; three figures, as storage is counted in thousands. */
export function size(bytes: number, language: Language): string {
  const step = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1)
  const value = bytes / 1000 ** step
  const digits = step === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2
  const shown = value.toLocaleString(language === 'nl' ? 'nl-NL' : 'en-GB', {
    maximumFractionDigits: digits,
  })
  return `${shown} ${UNITS[step] ?? ''}`
}

export const count = (value: number, language: Language): string =>
  value.toLocaleString(language === 'nl' ? 'nl-NL' : 'en-GB')

/** How much of a whole, from 0 to 1; a whole that is not known has no part yet. */
export const share = (part: number, whole: number): number =>
  whole <= 0 ? 0 : Math.min(1, Math.max(0, part / whole))

/** Bytes of each minute of the last `hours`, oldest first; a minute that is not named had none. */
export function byMinute(minutes: readonly Minute[], now: string, hours: number): number[] {
  const slots = hours * 60
  const end = Math.floor(new Date(now).getTime() / 60_000)
  const found = new Array<number>(slots).fill(0)
  for (const one of minutes) {
    const slot = slots - 1 - (end - Math.floor(new Date(one.minute).getTime() / 60_000))
    if (slot >= 0 && slot < slots) found[slot] = (found[slot] ?? 0) + one.bytes
  }
  return found
}
