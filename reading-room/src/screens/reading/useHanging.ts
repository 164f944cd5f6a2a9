/** The images of a task as they hang, and what the reader changes about it. */
import { useCallback, useMemo, useState } from 'react'
import type { DrawnAnnotation, TaskDetail, Timeline } from '../../api/types'
import { show } from '../../viewer/actions'
import { text, type Stack } from '../../viewer/images'
import {
  asTheStudyAsks,
  layoutOf,
  layoutsFor,
  neighbour,
  PANES,
  priorsOf,
  stackIn,
  type Pane,
} from './hanging'
import { useStacks } from './queries'

const none: Stack[] = []

export function useHanging(task: TaskDetail, timeline: Timeline | undefined) {
  const [hanging, change] = useState(asTheStudyAsks)
  const [currentShown, setCurrentShown] = useState(false)
  const current = useStacks(task.id, task.study_instance_uid)
  const priors = useMemo(() => priorsOf(timeline), [timeline])
  const prior = priors.find((study) => study.study_instance_uid === hanging.prior) ?? priors[0] ?? null
  // the images to be read come first, also on a slow line
  const earlier = useStacks(task.id, prior?.study_instance_uid ?? null, currentShown)

  const stacks = current.data ?? none
  const priorStacks = earlier.data ?? none
  const possible = layoutsFor(stacks, priors)
  const layout = layoutOf(hanging, possible)
  const panes = PANES[layout]
  const active = panes.includes(hanging.active) ? hanging.active : 'current'
  const now = stackIn('current', hanging, stacks, null)
  const stackOf = (pane: Pane) =>
    pane === 'prior' ? stackIn(pane, hanging, priorStacks, now) : stackIn(pane, hanging, stacks, now)
  const choicesOf = (pane: Pane) => (pane === 'prior' ? priorStacks : stacks)

  const choose = (pane: Pane, stack: Stack | null) => {
    if (stack !== null) change((h) => ({ ...h, active: pane, asked: null, shown: { ...h.shown, [pane]: stack.id } }))
  }
  const showPrior = (study: string | null) => {
    if (study === null) return
    change((h) => ({ ...h, layout: 'prior', prior: study, active: 'prior', shown: { ...h.shown, prior: null } }))
  }

  /** Brings the image of an annotation into view. */
  const jump = (to: DrawnAnnotation) => {
    const has = (one: Stack) =>
      one.pictures.findIndex((picture) => picture.sopInstanceUid === to.sop_instance_uid && picture.frame === to.frame)
    const pane = panes.find((one) => {
      const stack = stackOf(one)
      return stack !== null && has(stack) >= 0
    })
    const stack = pane === undefined ? stacks.find((one) => has(one) >= 0) : stackOf(pane)
    if (stack == null) return
    const index = has(stack)
    if (pane === undefined) {
      change((h) => ({
        ...h,
        active: 'current',
        shown: { ...h.shown, current: stack.id },
        asked: { stack: stack.id, index },
      }))
    } else {
      change((h) => ({ ...h, active: pane }))
      show(pane, index)
    }
  }

  return {
    layout,
    panes,
    active,
    prior,
    stackOf,
    choicesOf,
    asked: hanging.asked,
    failed: current.error ?? earlier.error,
    isEmpty: (pane: Pane) => (pane === 'prior' ? earlier.isSuccess : current.isSuccess) && stackOf(pane) === null,
    possible,
    activate: useCallback((pane: Pane) => change((h) => (h.active === pane ? h : { ...h, active: pane })), []),
    onCurrentShown: useCallback(() => setCurrentShown(true), []),
    choose,
    showPrior,
    jump,
    turnLayout: () => {
      const next = possible[(possible.indexOf(layout) + 1) % possible.length] ?? layout
      change((h) => ({ ...h, layout: next }))
    },
    otherPane: () => change((h) => ({ ...h, active: panes.find((pane) => pane !== active) ?? active })),
    turnSeries: (by: number) => choose(active, neighbour(choicesOf(active), stackOf(active), by)),
    turnPrior: (by: number) => showPrior(neighbour(priors, prior, by)?.study_instance_uid ?? null),
    /** What a sentence calls the image of an annotation. */
    seen: (one: DrawnAnnotation) => {
      const stack = [...stacks, ...priorStacks].find((candidate) =>
        candidate.pictures.some((picture) => picture.sopInstanceUid === one.sop_instance_uid),
      )
      const picture = stack?.pictures.find((candidate) => candidate.sopInstanceUid === one.sop_instance_uid)
      const number = picture === undefined ? '' : text(picture.attributes, '00200013')
      return { series: stack?.number ?? '–', image: number === '' ? '–' : number }
    },
  }
}

export type Hung = ReturnType<typeof useHanging>
