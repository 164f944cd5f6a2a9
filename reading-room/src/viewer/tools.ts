/** The tools of the viewer and what each mouse button does. */
import {
  addTool,
  annotation,
  EllipticalROITool,
  Enums,
  init,
  LengthTool,
  PanTool,
  StackScrollTool,
  ToolGroupManager,
  WindowLevelTool,
  ZoomTool,
} from '@cornerstonejs/tools'

export const GROUP = 'reading-room'
const { MouseBindings, KeyboardBindings } = Enums

export type Tool = 'WindowLevel' | 'Zoom' | 'Pan' | 'Length' | 'EllipticalROI'
const PRIMARY: Tool[] = ['WindowLevel', 'Zoom', 'Pan', 'Length', 'EllipticalROI']

interface Stats {
  length?: number | null
  unit?: string
  area?: number | null
  areaUnit?: string
  mean?: number | null
  stdDev?: number | null
  modalityUnit?: string
}

const statsOf = (data: { cachedStats?: Record<string, unknown> }, target: string) =>
  (data.cachedStats?.[target] ?? {}) as Stats

function lengthLines(data: { cachedStats?: Record<string, unknown> }, target: string) {
  const { length, unit } = statsOf(data, target)
  return typeof length === 'number' ? [`${length.toFixed(1)} ${unit ?? ''}`] : undefined
}

function ellipseLines(data: { cachedStats?: Record<string, unknown> }, target: string) {
  const { area, areaUnit, mean, stdDev, modalityUnit } = statsOf(data, target)
  if (typeof area !== 'number') return undefined
  const lines = [`${area.toFixed(0)} ${areaUnit ?? ''}`]
  if (typeof mean === 'number') {
    lines.push(`${mean.toFixed(1)} ± ${(stdDev ?? 0).toFixed(1)} ${modalityUnit ?? ''}`)
  }
  return lines
}

export function startTools(): void {
  init()
  for (const tool of [WindowLevelTool, ZoomTool, PanTool, StackScrollTool, LengthTool, EllipticalROITool]) {
    addTool(tool)
  }
  const group = ToolGroupManager.createToolGroup(GROUP)
  if (group === undefined) return
  group.addTool('WindowLevel')
  group.addTool('Zoom')
  group.addTool('Pan')
  group.addTool('StackScroll')
  group.addTool('Length', { getTextLines: lengthLines })
  group.addTool('EllipticalROI', { getTextLines: ellipseLines })
  group.setToolActive('StackScroll', {
    bindings: [
      { mouseButton: MouseBindings.Wheel },
      { mouseButton: MouseBindings.Primary, modifierKey: KeyboardBindings.Alt },
    ],
  })
  const styles = annotation.config.style.getDefaultToolStyles()
  annotation.config.style.setDefaultToolStyles({
    ...styles,
    global: {
      ...styles.global,
      color: 'rgb(255, 214, 92)',
      colorHighlighted: 'rgb(255, 255, 255)',
      colorSelected: 'rgb(125, 184, 255)',
      colorLocked: 'rgb(215, 166, 255)',
      lineWidth: '1.5',
      lineDash: '',
      shadow: true,
      textBoxFontFamily: 'system-ui, sans-serif',
      textBoxFontSize: '13px',
      textBoxColor: 'rgb(255, 214, 92)',
      textBoxColorHighlighted: 'rgb(255, 255, 255)',
      textBoxColorSelected: 'rgb(125, 184, 255)',
      textBoxColorLocked: 'rgb(215, 166, 255)',
      textBoxLinkLineWidth: '1',
      textBoxLinkLineDash: '2,3',
    },
  })
  takeInHand('WindowLevel')
}

/** Takes a tool in the left button; pan stays under the middle one, zoom under the right one. */
export function takeInHand(tool: Tool): void {
  const group = ToolGroupManager.getToolGroup(GROUP)
  if (group === undefined) return
  for (const other of PRIMARY) group.setToolPassive(other, { removeAllBindings: true })
  const bindings = {
    Pan: [{ mouseButton: MouseBindings.Auxiliary }],
    Zoom: [{ mouseButton: MouseBindings.Secondary }],
  }
  group.setToolActive('Pan', { bindings: bindings.Pan })
  group.setToolActive('Zoom', { bindings: bindings.Zoom })
  const others = tool === 'Pan' || tool === 'Zoom' ? bindings[tool] : []
  group.setToolActive(tool, { bindings: [{ mouseButton: MouseBindings.Primary }, ...others] })
}
