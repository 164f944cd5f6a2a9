/** Linked scrolling: viewports of the same direction go to the same place in the patient. */
import { planeOfImage, viewportOf } from './engine'
import { areParallel, normalOf, positionAlong, type ImagePlane } from './points'

/** The index of the plane nearest to `wanted` (mm along the normal of the first); null if none. */
export function nearestPlane(planes: (ImagePlane | null)[], like: ImagePlane, wanted: number): number | null {
  const normal = normalOf(like)
  let best: number | null = null
  let distance = Infinity
  planes.forEach((plane, index) => {
    if (plane === null || !areParallel(normalOf(plane), normal)) return
    const away = Math.abs(positionAlong(plane, normal) - wanted)
    if (away < distance) [best, distance] = [index, away]
  })
  return best
}

function planeShown(id: string): ImagePlane | null {
  const imageId = viewportOf(id)?.getCurrentImageId()
  return imageId === undefined ? null : planeOfImage(imageId)
}

/** Keeps viewports at the distance along the normal that they have when they are linked. */
export class Link {
  readonly #apart = new Map<string, number>()

  /** Takes how `other` lies now relative to `id` as the same place. */
  align(id: string, other: string): void {
    const [here, there] = [planeShown(id), planeShown(other)]
    if (here === null || there === null) return
    const normal = normalOf(here)
    const sameFrame = frameOf(id) !== '' && frameOf(id) === frameOf(other)
    const apart = sameFrame ? 0 : positionAlong(there, normal) - positionAlong(here, normal)
    this.#apart.set(`${id} ${other}`, apart)
    this.#apart.set(`${other} ${id}`, -apart)
  }

  forget(): void {
    this.#apart.clear()
  }

  /** Brings `other` to where `id` is. */
  follow(id: string, other: string): void {
    const apart = this.#apart.get(`${id} ${other}`)
    const here = planeShown(id)
    const viewport = viewportOf(other)
    if (apart === undefined || here === null || viewport === null) return
    const planes = viewport.getImageIds().map(planeOfImage)
    const wanted = positionAlong(here, normalOf(here)) + apart
    const index = nearestPlane(planes, here, wanted)
    if (index !== null && index !== viewport.getTargetImageIdIndex()) {
      void viewport.setImageIdIndex(index).catch(() => undefined)
    }
  }
}

const frameOf = (id: string) => viewportOf(id)?.getFrameOfReferenceUID() ?? ''
