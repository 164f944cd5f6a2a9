/** What there is to see of a study: series and their images, by DICOMweb around the task. */
import { get } from '../api/client'

/** DICOM JSON (PS3.18 F): attributes by tag. */
export type Attributes = Record<string, { vr: string; Value?: unknown[] } | undefined>

export const text = (from: Attributes, tag: string) => {
  const value = from[tag]?.Value?.[0]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

export const figures = (from: Attributes, tag: string): number[] =>
  (from[tag]?.Value ?? []).map(Number).filter((value) => !Number.isNaN(value))

export interface Picture {
  imageId: string
  sopInstanceUid: string
  frame: number
  attributes: Attributes
}

/** What one viewport shows at a time: a series, or one projection of it. */
export interface Stack {
  id: string
  studyInstanceUid: string
  seriesInstanceUid: string
  modality: string
  number: string
  description: string
  pictures: Picture[]
}

const PROJECTIONS = new Set(['CR', 'DX', 'RF', 'XA', 'MG', 'PX', 'IO'])
const rootOf = (task: string, study: string) => `/api/tasks/${task}/dicom-web/studies/${study}`

export async function stacksOf(task: string, study: string): Promise<Stack[]> {
  const root = rootOf(task, study)
  const series = await get<Attributes[]>(`${root}/series`)
  const shown = series
    .filter((one) => !['SR', 'PR', 'KO', 'SEG', 'DOC'].includes(text(one, '00080060')))
    .sort((a, b) => (figures(a, '00200011')[0] ?? 0) - (figures(b, '00200011')[0] ?? 0))
  const stacks = await Promise.all(
    shown.map(async (one) => {
      const uid = text(one, '0020000E')
      const instances = await get<Attributes[]>(`${root}/series/${uid}/metadata`)
      return stacksOfSeries(root, study, uid, instances)
    }),
  )
  return stacks.flat()
}

export function stacksOfSeries(
  root: string,
  study: string,
  series: string,
  instances: Attributes[],
): Stack[] {
  const pictures = inOrder(instances.filter((one) => one['00280010'] !== undefined)).flatMap((one) =>
    picturesOf(`${root}/series/${series}`, one),
  )
  const first = pictures[0]?.attributes
  if (first === undefined) return []
  const modality = text(first, '00080060')
  const stack = (id: string, description: string, shown: Picture[]): Stack => ({
    id,
    studyInstanceUid: study,
    seriesInstanceUid: series,
    modality,
    number: text(first, '00200011'),
    description,
    pictures: shown,
  })
  if (!PROJECTIONS.has(modality)) return [stack(series, text(first, '0008103E'), pictures)]
  return pictures.map((picture, index) => stack(`${series}/${index}`, viewOf(picture.attributes), [picture]))
}

/** PA, LL; or what the series is called. */
function viewOf(attributes: Attributes): string {
  const described = text(attributes, '0008103E')
  const view = text(attributes, '00185101')
  return described.includes(view) ? described : `${described} ${view}`.trim()
}

function picturesOf(series: string, attributes: Attributes): Picture[] {
  const sopInstanceUid = text(attributes, '00080018')
  const frames = figures(attributes, '00280008')[0] ?? 1
  return Array.from({ length: frames }, (_, index) => ({
    imageId: `wadors:${series}/instances/${sopInstanceUid}/frames/${index + 1}`,
    sopInstanceUid,
    frame: index + 1,
    attributes,
  }))
}

/** By number, as the hospital's own PACS shows them and reports name them. */
function inOrder(instances: Attributes[]): Attributes[] {
  const number = (one: Attributes) => figures(one, '00200013')[0] ?? 0
  return [...instances].sort((a, b) => number(a) - number(b))
}

/** Which image a stack opens with: the middle slice, or the first projection. */
export function openingIndex(stack: Stack): number {
  return ['CT', 'MR', 'PT'].includes(stack.modality) ? Math.floor(stack.pictures.length / 2) : 0
}
