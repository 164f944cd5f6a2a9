/** A measurement as a sentence of the report, and where it goes in the text. */
import type { Annotation, Measurement } from '../../api/types'
import type { Language } from '../../words/language'

const UNITS: Record<string, string> = { mm2: 'mm²', cm2: 'cm²', "[hnsf'U]": 'HU', '1': '' }

export function shownValue({ value, unit }: Measurement, language: Language): string {
  const [size, shownUnit] = unit === 'mm2' && value >= 100 ? [value / 100, 'cm²'] : [value, UNITS[unit] ?? unit]
  const figure = size.toLocaleString(language === 'nl' ? 'nl-NL' : 'en-GB', {
    maximumFractionDigits: 1,
    minimumFractionDigits: shownUnit === 'HU' ? 0 : 1,
  })
  return shownUnit === '' ? figure : `${figure} ${shownUnit}`
}

const WORDS = {
  nl: { length: 'Lengte', area: 'Oppervlakte', mean: 'gemiddeld', sd: 'SD', series: 'serie', image: 'beeld' },
  en: { length: 'Length', area: 'Area', mean: 'mean', sd: 'SD', series: 'series', image: 'image' },
}

export interface Seen {
  series: string
  image: string
}

/** "Lengte 23,4 mm (serie 2, beeld 14)."; null while nothing has been measured. */
export function sentenceOf(annotation: Annotation, seen: Seen, language: Language): string | null {
  const values = new Map((annotation.measurements ?? []).map((one) => [one.name, one]))
  const words = WORDS[language]
  const say = (name: Measurement['name']) => {
    const found = values.get(name)
    return found === undefined ? null : shownValue(found, language)
  }
  const where = `(${words.series} ${seen.series}, ${words.image} ${seen.image})`
  const label = annotation.label === '' ? '' : `${annotation.label}: `
  const length = say('length')
  if (length !== null) return `${label}${words.length} ${length} ${where}.`
  const area = say('area')
  if (area === null) return null
  const mean = say('mean')
  const spread = say('standard_deviation')
  const density = mean === null ? '' : `, ${words.mean} ${mean}${spread === null ? '' : ` (${words.sd} ${spread})`}`
  return `${label}${words.area} ${area}${density} ${where}.`
}

/** The text with the sentence at the cursor, with the spaces a typist would put; and the new cursor. */
export function inserted(text: string, cursor: number, sentence: string): { text: string; cursor: number } {
  const place = Math.min(Math.max(cursor, 0), text.length)
  const before = text.slice(0, place)
  const after = text.slice(place)
  const front = before === '' || /\s$/.test(before) ? '' : ' '
  const back = after === '' || /^\s/.test(after) ? '' : ' '
  return { text: `${before}${front}${sentence}${back}${after}`, cursor: place + front.length + sentence.length + back.length }
}
