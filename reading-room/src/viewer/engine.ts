/** Cornerstone, started once: rendering, decoding, tools. */
import {
  Enums,
  getEnabledElementByViewportId,
  imageLoader,
  init as startCore,
  metaData,
  RenderingEngine,
  StackViewport,
  type Types,
} from '@cornerstonejs/core'
import { init as startLoader, wadors } from '@cornerstonejs/dicom-image-loader'
import type { Stack } from './images'
import type { ImagePlane } from './points'
import { startTools } from './tools'

const ENGINE = 'reading-room'
// a copy in HTJ2K where there is one, a third of the bytes; else whatever is kept
const FRAMES = [
  'multipart/related; type="image/jphc"; transfer-syntax=1.2.840.10008.1.2.4.202',
  'multipart/related; type="application/octet-stream"; transfer-syntax=*',
].join(', ')
let started: Promise<RenderingEngine> | null = null
let running: RenderingEngine | null = null

export function startEngine(): Promise<RenderingEngine> {
  started ??= start()
  return started
}

async function start(): Promise<RenderingEngine> {
  startCore()
  startLoader({
    maxWebWorkers: Math.max(1, Math.min(4, navigator.hardwareConcurrency - 1)),
    beforeSend: () => ({ Accept: FRAMES }),
  })
  startTools()
  running = new RenderingEngine(ENGINE)
  return Promise.resolve(running)
}

const imageIds = new Map<string, string>()
const pictureKey = (sopInstanceUid: string, frame: number) => `${sopInstanceUid}/${frame}`

/** Makes the images of a stack known to the viewer. */
export function know(stack: Stack): void {
  for (const { imageId, sopInstanceUid, frame, attributes } of stack.pictures) {
    wadors.metaDataManager.add(imageId, attributes as never)
    imageIds.set(pictureKey(sopInstanceUid, frame), imageId)
  }
}

export function imageIdOf(sopInstanceUid: string, frame: number): string | undefined {
  return imageIds.get(pictureKey(sopInstanceUid, frame))
}

/** The plane on which the viewer draws an image; a projection lies in a plane of its own. */
export function planeOfImage(imageId: string): ImagePlane | null {
  const plane = metaData.get('imagePlaneModule', imageId) as Types.ImagePlaneModule | undefined
  if (plane === undefined) return null
  return {
    origin: plane.imagePositionPatient as unknown as ImagePlane['origin'],
    rowCosines: plane.rowCosines as unknown as ImagePlane['rowCosines'],
    columnCosines: plane.columnCosines as unknown as ImagePlane['columnCosines'],
    rowSpacing: plane.rowPixelSpacing ?? 1,
    columnSpacing: plane.columnPixelSpacing ?? 1,
  }
}

/** The frame of reference of an image, by which the viewer groups what is drawn. */
export function frameOfReferenceOf(imageId: string): string | undefined {
  const plane = metaData.get('imagePlaneModule', imageId) as Types.ImagePlaneModule | undefined
  return plane?.frameOfReferenceUID
}

export function viewportIds(): string[] {
  return running?.getViewports().map(({ id }) => id) ?? []
}

export function viewportOf(id: string): StackViewport | null {
  // typed as always there, though it is not before the viewport is enabled
  const enabled = getEnabledElementByViewportId(id) as { viewport: unknown } | undefined
  const viewport = enabled?.viewport
  return viewport instanceof StackViewport ? viewport : null
}

/** Fetches the images of a stack, nearest to `from` first, after whatever is asked for on screen. */
export async function fetchAhead(stack: Stack, from: number, stop: AbortSignal): Promise<void> {
  const order = stack.pictures
    .map(({ imageId }, index) => ({ imageId, far: Math.abs(index - from) }))
    .sort((a, b) => a.far - b.far)
  const lane = async () => {
    for (let next = order.shift(); next !== undefined && !stop.aborted; next = order.shift()) {
      await imageLoader
        .loadAndCacheImage(next.imageId, { requestType: Enums.RequestType.Prefetch, priority: 10 })
        .catch(() => undefined) // it is asked for again when it is looked at
    }
  }
  await Promise.all([lane(), lane(), lane(), lane()])
}
