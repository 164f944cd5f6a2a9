/**
 * What is drawn on the images of a task: kept in the terms of the server, shown by the viewer.
 * An annotation on an image that the viewer does not know yet is shown when it does.
 */
import { eventTarget } from '@cornerstonejs/core'
import { annotation as state, Enums, utilities, type Types } from '@cornerstonejs/tools'
import type { Annotation, DrawnAnnotation, ImagePoint, ToolName } from '../api/types'
import { frameOfReferenceOf, imageIdOf, planeOfImage, viewportIds } from './engine'
import { imagePointOf, normalOf, worldOf, type Vector } from './points'
import { trackingUidOf, uuidOfUid } from './uid'

const TOOLS = new Set<string>(['Length', 'EllipticalROI'])
const { ANNOTATION_COMPLETED, ANNOTATION_MODIFIED, ANNOTATION_REMOVED, ANNOTATION_SELECTION_CHANGE } =
  Enums.Events

/** Where an image belongs, by its image id. */
const PLACE = /studies\/([\d.]+)\/series\/([\d.]+)\/instances\/([\d.]+)\/frames\/(\d+)/

export interface DrawingsNow {
  list: readonly DrawnAnnotation[]
  selected: string | null
}

export class Drawings {
  #now: DrawingsNow = { list: [], selected: null }
  #shown = new Set<string>()
  #others: DrawnAnnotation[] = []
  #editable = false
  readonly #listeners = new Set<() => void>()
  readonly #stops: (() => void)[] = []

  get now(): DrawingsNow {
    return this.#now
  }

  listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Begins to hear what is drawn. */
  start(): void {
    this.#on(ANNOTATION_COMPLETED, (detail) => this.#drawn(detail.annotation))
    this.#on(ANNOTATION_MODIFIED, (detail) => this.#drawn(detail.annotation))
    this.#on(ANNOTATION_REMOVED, (detail) => this.#removed(detail.annotation))
    this.#on(ANNOTATION_SELECTION_CHANGE, () => this.#selected())
  }

  /** Ends it, and takes everything off the images. */
  stop(): void {
    this.#stops.splice(0).forEach((stop) => stop())
    state.state.removeAllAnnotations()
    this.#shown.clear()
    this.#others = []
    this.#say({ list: [], selected: null })
  }

  /** Whether annotations may be moved and new ones are kept. */
  allow(editable: boolean): void {
    this.#editable = editable
    for (const { tracking_uid } of this.#now.list) {
      state.locking.setAnnotationLocked(uuidOfUid(tracking_uid), !editable)
    }
  }

  /** Takes what the server keeps as what is drawn. */
  load(annotations: readonly Annotation[]): void {
    for (const { tracking_uid } of this.#now.list) this.#hide(tracking_uid)
    const list = annotations.map(withoutValues)
    this.#say({ list, selected: null })
    this.showKnown()
  }

  /** Annotations of signed reports of other studies: seen, never changed. */
  loadOthers(annotations: readonly Annotation[]): void {
    this.#others = annotations.filter((one) => !this.#now.list.some((own) => own.tracking_uid === one.tracking_uid))
    this.showKnown()
  }

  /** Shows what could not be shown before because its image was not known. */
  showKnown(): void {
    for (const one of this.#now.list) this.#show(one, !this.#editable)
    for (const one of this.#others) this.#show(one, true)
  }

  add(imageId: string, tool: ToolName, points: ImagePoint[]): void {
    const place = placeOf(imageId)
    if (place === null || !this.#editable) return
    const drawn = { ...place, tool, points, label: '', tracking_uid: trackingUidOf(crypto.randomUUID()) }
    this.#say({ list: [...this.#now.list, drawn], selected: drawn.tracking_uid })
    this.#show(drawn, false)
  }

  remove(trackingUid: string): void {
    if (!this.#editable) return
    this.#hide(trackingUid)
    this.#forget(trackingUid)
  }

  select(trackingUid: string): void {
    state.selection.setAnnotationSelected(uuidOfUid(trackingUid), true, false)
    this.#say({ ...this.#now, selected: trackingUid })
  }

  #show(drawn: DrawnAnnotation, locked: boolean): void {
    const imageId = imageIdOf(drawn.sop_instance_uid, drawn.frame)
    if (imageId === undefined || this.#shown.has(drawn.tracking_uid)) return
    const made = madeOf(drawn, imageId)
    if (made === null) return
    this.#shown.add(drawn.tracking_uid)
    state.state.addAnnotation(made, frameOfReferenceOf(imageId) ?? '')
    state.locking.setAnnotationLocked(made.annotationUID ?? '', locked)
    drawAgain()
  }

  #hide(trackingUid: string): void {
    this.#shown.delete(trackingUid)
    state.state.removeAnnotation(uuidOfUid(trackingUid))
    drawAgain()
  }

  #drawn(made: Types.Annotation): void {
    const drawn = drawnOf(made)
    if (drawn === null || this.#others.some((one) => one.tracking_uid === drawn.tracking_uid)) return
    const at = this.#now.list.findIndex((one) => one.tracking_uid === drawn.tracking_uid)
    const before = this.#now.list[at]
    if (before !== undefined && JSON.stringify(before.points) === JSON.stringify(drawn.points)) return
    this.#shown.add(drawn.tracking_uid)
    const list = before === undefined ? [...this.#now.list, drawn] : this.#now.list.with(at, { ...drawn, label: before.label })
    this.#say({ list, selected: drawn.tracking_uid })
  }

  #removed(made: Types.Annotation): void {
    const uid = trackingUidOf(made.annotationUID ?? '')
    if (this.#shown.delete(uid)) this.#forget(uid)
  }

  #forget(trackingUid: string): void {
    const list = this.#now.list.filter((one) => one.tracking_uid !== trackingUid)
    this.#say({ list, selected: this.#now.selected === trackingUid ? null : this.#now.selected })
  }

  #selected(): void {
    const name = state.selection.getAnnotationsSelected().at(-1)
    const uid = name === undefined ? null : trackingUidOf(name)
    if (this.#now.list.some((one) => one.tracking_uid === uid)) this.#say({ ...this.#now, selected: uid })
  }

  #say(now: DrawingsNow): void {
    this.#now = now
    this.#listeners.forEach((listener) => listener())
  }

  #on(name: string, run: (detail: { annotation: Types.Annotation }) => void): void {
    const listener = (event: Event) => run((event as CustomEvent<{ annotation: Types.Annotation }>).detail)
    eventTarget.addEventListener(name, listener)
    this.#stops.push(() => eventTarget.removeEventListener(name, listener))
  }
}

const drawAgain = () => utilities.triggerAnnotationRenderForViewportIds(viewportIds())

/** The values are the server's, which measures again what is sent to it. */
function withoutValues(annotation: Annotation): DrawnAnnotation {
  const drawn = { ...annotation }
  delete drawn.measurements
  return drawn
}

function placeOf(imageId: string) {
  const [, study, series, instance, frame] = PLACE.exec(imageId) ?? []
  if (study === undefined || series === undefined || instance === undefined) return null
  return {
    study_instance_uid: study,
    series_instance_uid: series,
    sop_instance_uid: instance,
    frame: Number(frame),
  }
}

function drawnOf(made: Types.Annotation): DrawnAnnotation | null {
  const imageId = made.metadata?.referencedImageId
  const tool = made.metadata?.toolName ?? ''
  if (imageId === undefined || !TOOLS.has(tool)) return null
  const place = placeOf(imageId)
  const plane = planeOfImage(imageId)
  if (place === null || plane === null) return null
  const points = (made.data.handles?.points ?? []).map((point) => imagePointOf(plane, point as unknown as Vector))
  return {
    ...place,
    tracking_uid: trackingUidOf(made.annotationUID ?? ''),
    tool: tool as ToolName,
    points,
    label: made.data.label ?? '',
  }
}

function madeOf(drawn: DrawnAnnotation, imageId: string): Types.Annotation | null {
  const plane = planeOfImage(imageId)
  if (plane === null) return null
  const normal = normalOf(plane)
  return {
    annotationUID: uuidOfUid(drawn.tracking_uid),
    highlighted: false,
    invalidated: true,
    isLocked: false,
    isVisible: true,
    metadata: {
      toolName: drawn.tool,
      referencedImageId: imageId,
      FrameOfReferenceUID: frameOfReferenceOf(imageId),
      viewPlaneNormal: [-normal[0], -normal[1], -normal[2]],
      viewUp: plane.columnCosines.map((part) => -part) as [number, number, number],
    },
    data: {
      label: drawn.label,
      cachedStats: {},
      handles: {
        points: drawn.points.map((point) => worldOf(plane, point)),
        activeHandleIndex: null,
        textBox: {
          hasMoved: false,
          worldPosition: [0, 0, 0],
          worldBoundingBox: {
            topLeft: [0, 0, 0],
            topRight: [0, 0, 0],
            bottomLeft: [0, 0, 0],
            bottomRight: [0, 0, 0],
          },
        },
      },
    },
  } as unknown as Types.Annotation
}
