import { useEffect, useState } from 'react'
import type { Annotation, TaskDetail } from '../../api/types'
import { KeyboardCursor } from '../../viewer/KeyboardCursor'
import { takeInHand, type Tool } from '../../viewer/tools'
import { startEngine } from '../../viewer/engine'
import { Viewport } from '../../viewer/Viewport'
import { en as viewerEn } from '../../viewer/words.en'
import { nl as viewerNl } from '../../viewer/words.nl'
import { useLanguage, useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { day } from '../../words/time'
import type { Pane } from './hanging'
import { SeriesStrip } from './SeriesStrip'
import { Toolbar } from './Toolbar'
import type { Desk } from './useDesk'
import type { Hung } from './useHanging'
import { useImageCommands } from './useImageCommands'
import { useLink } from './useLink'

interface LightboxProps {
  task: TaskDetail
  desk: Desk
  hung: Hung
}

const nothing: Annotation[] = []

/** The images: what is to be read, and beside it what was there before. */
export function Lightbox({ task, desk, hung }: LightboxProps) {
  const words = useWords({ nl: viewerNl, en: viewerEn })
  const refused = useRefused()
  const [chosen, choose] = useState<Tool>('WindowLevel')
  const [pointing, setPointing] = useState(false)
  const link = useLink(hung.panes, hung.active)
  const { drawings } = desk
  const isDrawing = chosen === 'Length' || chosen === 'EllipticalROI'
  const tool = isDrawing && !desk.editable ? 'WindowLevel' : chosen
  const draws = tool === 'Length' || tool === 'EllipticalROI'
  useEffect(() => void startEngine().then(() => takeInHand(tool)), [tool])

  const takeTool = (wanted: Tool) => {
    choose(wanted)
    setPointing(false)
  }
  useImageCommands({
    hung,
    tool,
    takeTool,
    toggleLink: link.toggle,
    mayDraw: desk.editable,
    startCursor: () => setPointing(draws),
    deleteSelected: () => desk.selected !== null && drawings.remove(desk.selected),
  })

  const priorReport = hung.prior?.report?.annotations ?? nothing
  useEffect(() => drawings.loadOthers(priorReport), [drawings, priorReport])

  return (
    <section className="lightbox">
      <Toolbar tool={tool} takeTool={takeTool} hung={hung} linked={link.on} onLink={link.toggle} mayDraw={desk.editable} />
      <div className={`panes ${hung.layout}`}>
        {hung.panes.map((pane) => (
          <div className="pane" key={pane}>
            <Hanging
              pane={pane}
              task={task}
              hung={hung}
              silence={hung.failed === null ? undefined : refused(hung.failed)}
              onShown={(stack) => {
                link.onShown(pane, stack)
                if (pane === 'current') hung.onCurrentShown()
                drawings.showKnown()
              }}
            >
              {pointing && draws && pane === hung.active && (
                <KeyboardCursor
                  viewportId={pane}
                  tool={tool}
                  onDone={(imageId, points) => drawings.add(imageId, tool, points)}
                  onEnd={() => setPointing(false)}
                />
              )}
            </Hanging>
            <SeriesStrip
              label={words.seriesOf}
              stacks={hung.choicesOf(pane)}
              shown={hung.stackOf(pane)}
              onChoose={(stack) => hung.choose(pane, stack)}
            />
          </div>
        ))}
      </div>
    </section>
  )
}

interface HangingProps {
  pane: Pane
  task: TaskDetail
  hung: Hung
  silence: string | undefined
  onShown: (stack: string) => void
  children: React.ReactNode
}

function Hanging({ pane, task, hung, silence, onShown, children }: HangingProps) {
  const words = useWords({ nl: viewerNl, en: viewerEn })
  const { language } = useLanguage()
  const stack = hung.stackOf(pane)
  const isPrior = pane === 'prior'
  const study = isPrior ? hung.prior : task
  const named = language === 'nl' ? study?.procedure_nl : study?.procedure_en
  const quiet = hung.isEmpty(pane) ? words.noImages : isPrior && hung.prior === null ? words.noPlane : words.loading
  const stackId = stack?.id ?? ''
  return (
    <Viewport
      id={pane}
      testId={pane === 'second' ? 'viewport-current-2' : `viewport-${pane}`}
      isPrior={isPrior}
      active={hung.panes.length > 1 && hung.active === pane}
      stack={stack}
      openAt={hung.asked?.stack === stackId ? hung.asked.index : null}
      silence={silence ?? quiet}
      caption={{
        hospital: study?.hospital_name ?? '',
        date: day(study?.study_at, language),
        description: named === undefined || named === '' ? (study?.description ?? '') : named,
      }}
      onActivate={() => hung.activate(pane)}
      onShown={() => onShown(stackId)}
    >
      {children}
    </Viewport>
  )
}
