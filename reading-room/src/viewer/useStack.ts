/** Puts a stack into a viewport on the page. */
import { Enums, eventTarget, imageLoader, type RenderingEngine } from '@cornerstonejs/core'
import { ToolGroupManager } from '@cornerstonejs/tools'
import { useEffect, useRef, useState } from 'react'
import { fetchAhead, startEngine, viewportOf } from './engine'
import { openingIndex, type Stack } from './images'
import { GROUP } from './tools'

/** After a change of size each image fits its viewport again, as far zoomed in as it was. */
function fitAnew(engine: RenderingEngine): void {
  const kept = engine.getViewports().flatMap(({ id }) => {
    const viewport = viewportOf(id)
    return viewport === null || viewport.getImageIds().length === 0
      ? []
      : [{ viewport, zoom: viewport.getZoom(), pan: viewport.getPan() }]
  })
  engine.resize(true, false)
  for (const { viewport, zoom, pan } of kept) {
    viewport.setZoom(zoom)
    viewport.setPan(pan)
    viewport.render()
  }
}

export type Showing = 'waiting' | 'shown' | 'failed'

export function useStack(id: string, element: HTMLDivElement | null, stack: Stack | null, openAt: number | null): Showing {
  const [showing, setShowing] = useState<{ stack: Stack; how: Showing } | null>(null)
  const [ready, setReady] = useState(false)
  const opening = useRef(openAt)
  useEffect(() => {
    opening.current = openAt
  })

  useEffect(() => {
    if (element === null) return
    let gone = false
    const leave: (() => void)[] = []
    void startEngine().then((engine) => {
      if (gone) return
      engine.enableElement({ viewportId: id, type: Enums.ViewportType.STACK, element })
      ToolGroupManager.getToolGroup(GROUP)?.addViewport(id, engine.id)
      const watch = new ResizeObserver(() => fitAnew(engine))
      watch.observe(element)
      leave.push(() => {
        watch.disconnect()
        ToolGroupManager.getToolGroup(GROUP)?.removeViewports(engine.id, id)
        engine.disableElement(id)
      })
      setReady(true)
    })
    return () => {
      gone = true
      setReady(false)
      leave.forEach((one) => one())
    }
  }, [id, element])

  useEffect(() => {
    const viewport = viewportOf(id)
    if (!ready || viewport === null || stack === null) return
    const stop = new AbortController()
    const from = opening.current ?? openingIndex(stack)
    const ids = stack.pictures.map((picture) => picture.imageId)
    // asked for by itself first: a stack whose first image fails would be set all the same
    imageLoader
      .loadAndCacheImage(ids[from] ?? '', { requestType: Enums.RequestType.Interaction, priority: -5 })
      .then(() => (stop.signal.aborted ? '' : viewport.setStack(ids, from)))
      .then(() => {
        if (stop.signal.aborted) return
        viewport.render()
        setShowing({ stack, how: 'shown' })
        void fetchAhead(stack, from, stop.signal)
      })
      .catch(() => {
        if (!stop.signal.aborted) setShowing({ stack, how: 'failed' })
      })
    return () => stop.abort()
  }, [id, ready, stack])

  // an image that does not come must not leave the one before it under its number
  useEffect(() => {
    if (element === null || stack === null) return
    const shown = () => setShowing((before) => (before?.how === 'failed' ? { stack, how: 'shown' } : before))
    const failed = (event: Event) => {
      const { imageId } = (event as CustomEvent<{ imageId?: string }>).detail
      if (imageId !== undefined && imageId === viewportOf(id)?.getCurrentImageId()) setShowing({ stack, how: 'failed' })
    }
    eventTarget.addEventListener(Enums.Events.IMAGE_LOAD_ERROR, failed)
    element.addEventListener(Enums.Events.STACK_NEW_IMAGE, shown)
    return () => {
      eventTarget.removeEventListener(Enums.Events.IMAGE_LOAD_ERROR, failed)
      element.removeEventListener(Enums.Events.STACK_NEW_IMAGE, shown)
    }
  }, [id, element, stack])

  return showing?.stack === stack ? showing.how : 'waiting'
}
