import { Icon, type IconName } from '../../design/icons'
import { COMMANDS, printed, type CommandName } from '../../keys/registry'
import * as actions from '../../viewer/actions'
import type { Tool } from '../../viewer/tools'
import { en } from '../../viewer/words.en'
import { nl } from '../../viewer/words.nl'
import { useWords } from '../../words/language'
import type { Hung } from './useHanging'

interface ToolbarProps {
  tool: Tool
  takeTool: (tool: Tool) => void
  hung: Hung
  linked: boolean
  onLink: () => void
  mayDraw: boolean
}

const TOOLS: [Tool, CommandName][] = [
  ['WindowLevel', 'toolWindow'],
  ['Zoom', 'toolZoom'],
  ['Pan', 'toolPan'],
  ['Length', 'toolLength'],
  ['EllipticalROI', 'toolEllipse'],
]

/** The tools and windows for the mouse, each with its key. */
export function Toolbar({ tool, takeTool, hung, linked, onLink, mayDraw }: ToolbarProps) {
  const words = useWords({ nl, en })
  const pane = hung.active
  const isCt = hung.stackOf(pane)?.modality === 'CT'
  return (
    <div
      className="toolbar"
      role="toolbar"
      aria-label={words.tools}
      onMouseDown={(event) => event.preventDefault()}
    >
      {TOOLS.map(([one, command]) => (
        <Key
          key={one}
          command={command}
          name={words.tool[one]}
          icon={one}
          pressed={tool === one}
          disabled={!mayDraw && (one === 'Length' || one === 'EllipticalROI')}
          onPress={() => takeTool(one)}
        />
      ))}
      <span className="divide" />
      <span className="group" role="group" aria-label={words.presets}>
        <Key command="windowDefault" name={words.preset.own} onPress={() => actions.ownWindow(pane)} />
        {isCt &&
          actions.PRESETS.map(({ name, width, centre }, place) => (
            <button
              key={name}
              className="plain"
              title={`${width}/${centre}`}
              onClick={() => actions.setWindow(pane, width, centre)}
            >
              {words.preset[name]} <kbd>{place + 1}</kbd>
            </button>
          ))}
      </span>
      <span className="divide" />
      <Key command="invert" icon="invert" name={words.invert} onPress={() => actions.invert(pane)} />
      <Key command="reset" icon="reset" name={words.reset} onPress={() => actions.reset(pane)} />
      <span className="push" />
      {hung.panes.length > 1 && <Key command="link" icon="link" name={words.link} pressed={linked} onPress={onLink} />}
      {hung.possible.length > 1 && <Key command="layout" icon="layout" name={words.layout} onPress={hung.turnLayout} />}
    </div>
  )
}

interface KeyProps {
  command: CommandName
  name: string
  icon?: IconName
  pressed?: boolean
  disabled?: boolean
  onPress: () => void
}

function Key({ command, name, icon, pressed, disabled = false, onPress }: KeyProps) {
  return (
    <button className="plain" aria-label={name} title={name} aria-pressed={pressed} disabled={disabled} data-testid={command} onClick={onPress}>
      {icon === undefined ? name : <Icon name={icon} />} <kbd>{printed(COMMANDS[command].keys[0])}</kbd>
    </button>
  )
}
