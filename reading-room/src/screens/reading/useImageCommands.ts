/** The keys of the images, for the active viewport. */
import { useCommands } from '../../keys/useCommands'
import * as actions from '../../viewer/actions'
import type { Tool } from '../../viewer/tools'
import type { Hung } from './useHanging'

interface ImageCommands {
  hung: Hung
  tool: Tool
  takeTool: (tool: Tool) => void
  toggleLink: () => void
  startCursor: () => void
  deleteSelected: () => void
  mayDraw: boolean
}

export function useImageCommands(on: ImageCommands): void {
  const pane = on.hung.active
  const isCt = on.hung.stackOf(pane)?.modality === 'CT'
  const preset = (place: number) => () => {
    const wanted = actions.PRESETS[place]
    if (isCt && wanted !== undefined) actions.setWindow(pane, wanted.width, wanted.centre)
  }
  useCommands({
    sliceNext: () => actions.scroll(pane, 1),
    slicePrevious: () => actions.scroll(pane, -1),
    sliceForward: () => actions.scroll(pane, 10),
    sliceBack: () => actions.scroll(pane, -10),
    sliceFirst: () => actions.show(pane, 0),
    sliceLast: () => actions.showLast(pane),
    windowDefault: () => actions.ownWindow(pane),
    windowOne: preset(0),
    windowTwo: preset(1),
    windowThree: preset(2),
    windowFour: preset(3),
    windowFive: preset(4),
    toolWindow: () => on.takeTool('WindowLevel'),
    toolZoom: () => on.takeTool('Zoom'),
    toolPan: () => on.takeTool('Pan'),
    ...(on.mayDraw && {
      toolLength: () => on.takeTool('Length'),
      toolEllipse: () => on.takeTool('EllipticalROI'),
      point: on.startCursor,
      deleteAnnotation: on.deleteSelected,
    }),
    zoomIn: () => actions.zoom(pane, 1.25),
    zoomOut: () => actions.zoom(pane, 0.8),
    invert: () => actions.invert(pane),
    reset: () => actions.reset(pane),
    link: on.toggleLink,
    layout: on.hung.turnLayout,
    otherViewport: on.hung.otherPane,
    seriesNext: () => on.hung.turnSeries(1),
    seriesPrevious: () => on.hung.turnSeries(-1),
    priorNext: () => on.hung.turnPrior(1),
    priorPrevious: () => on.hung.turnPrior(-1),
  })
}
