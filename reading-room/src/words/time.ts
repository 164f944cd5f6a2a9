/** Dates, times and ages as people write them; all figures have the same width on screen. */
import { useEffect, useState } from 'react'
import type { Language } from './language'

const locale = (language: Language) => (language === 'nl' ? 'nl-NL' : 'en-GB')

export function clock(at: number | string | null | undefined, seconds = true): string {
  if (at === null || at === undefined) return '–'
  const shown: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hour12: false }
  if (seconds) shown.second = '2-digit'
  return new Date(at).toLocaleTimeString('nl-NL', shown)
}

/** 24-11-2026 or 24 Nov 2026; a date without a time stays the day it is. */
export function day(at: string | null | undefined, language: Language): string {
  if (at === null || at === undefined || at === '') return '–'
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(at)
  const form: Intl.DateTimeFormatOptions =
    language === 'nl'
      ? { day: '2-digit', month: '2-digit', year: 'numeric' }
      : { day: '2-digit', month: 'short', year: 'numeric' }
  if (isDate) form.timeZone = 'UTC'
  return new Date(at).toLocaleDateString(locale(language), form)
}

/** Today only the clock, else the day and the clock. */
export function moment(at: string | null | undefined, language: Language): string {
  if (at === null || at === undefined) return '–'
  const today = new Date().toDateString() === new Date(at).toDateString()
  return today ? clock(at) : `${day(at, language)} ${clock(at, false)}`
}

export interface TimeLeft {
  text: string
  late: boolean
  soon: boolean
}

const UNITS = { nl: { h: 'u', d: 'd' }, en: { h: 'h', d: 'd' } }

/** Time left until `at`: 4:32 under ten minutes, 48 min, 3 h 20, 2 d; with a minus when past. */
export function timeLeft(at: string, now: number, language: Language): TimeLeft {
  const seconds = Math.trunc((new Date(at).getTime() - now) / 1000)
  const late = seconds < 0
  const size = Math.abs(seconds)
  const two = (figure: number) => String(figure).padStart(2, '0')
  const minutes = Math.floor(size / 60)
  const hours = Math.floor(minutes / 60)
  const { h, d } = UNITS[language]
  let text: string
  if (minutes < 10) text = `${minutes}:${two(size % 60)}`
  else if (minutes < 60) text = `${minutes} min`
  else if (hours < 48) text = `${hours} ${h} ${two(minutes % 60)}`
  else text = `${Math.floor(hours / 24)} ${d}`
  return { text: late ? `−${text}` : text, late, soon: !late && minutes < 15 }
}

/** The time, told again every `every` milliseconds. */
export function useNow(every = 1000): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every)
    return () => clearInterval(timer)
  }, [every])
  return now
}
