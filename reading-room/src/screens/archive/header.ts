/** The lines of a DICOM JSON header that tell what an image is, and what may be mended of it. */
import type { Header } from './types'

export const MENDABLE = [
  ['PatientID', '00100020'],
  ['PatientName', '00100010'],
  ['PatientBirthDate', '00100030'],
  ['AccessionNumber', '00080050'],
  ['StudyInstanceUID', '0020000D'],
  ['SeriesInstanceUID', '0020000E'],
  ['SOPInstanceUID', '00080018'],
] as const

/** The first value of an element, as text. */
export function valueOf(header: Header, tag: string): string {
  const value = header[tag]?.Value?.[0]
  if (value === undefined || value === null) return ''
  if (typeof value === 'object') return (value as { Alphabetic?: string }).Alphabetic ?? ''
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** Only what was changed: an empty field stays as it is. */
export const mended = (header: Header, written: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    MENDABLE.map(([keyword, tag]) => [keyword, written[keyword] ?? '', valueOf(header, tag)] as const)
      .filter(([, now, before]) => now !== '' && now !== before)
      .map(([keyword, now]) => [keyword, now]),
  )
