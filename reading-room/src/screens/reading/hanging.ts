/** How the images hang: which viewports there are and what each shows. */
import type { Timeline, TimelineStudy } from '../../api/types'
import type { Stack } from '../../viewer/images'

export type Pane = 'current' | 'second' | 'prior'
export type Layout = 'one' | 'views' | 'prior'

export const PANES: Record<Layout, readonly Pane[]> = {
  one: ['current'],
  views: ['current', 'second'],
  prior: ['current', 'prior'],
}

/** What the reader chose; null is what the study asks for. */
export interface Hanging {
  layout: Layout | null
  active: Pane
  prior: string | null
  shown: Record<Pane, string | null>
  /** An image that was asked for: where the stack opens. */
  asked: { stack: string; index: number } | null
}

export const asTheStudyAsks: Hanging = {
  layout: null,
  active: 'current',
  prior: null,
  shown: { current: null, second: null, prior: null },
  asked: null,
}

/** Other studies of the person that have images, the most relevant first. */
export function priorsOf(timeline: Timeline | undefined): TimelineStudy[] {
  return (timeline?.studies ?? [])
    .filter((study) => !study.current && study.instance_count > 0)
    .sort((a, b) => b.relevance - a.relevance)
}

/** Two projections of one examination are looked at side by side. */
const areViews = (stacks: readonly Stack[]) =>
  stacks.length >= 2 && stacks.slice(0, 2).every((stack) => stack.pictures.length === 1)

export function layoutsFor(stacks: readonly Stack[], priors: readonly TimelineStudy[]): Layout[] {
  return [
    ...(areViews(stacks) ? (['views'] as const) : []),
    ...(priors.length > 0 ? (['prior'] as const) : []),
    'one',
  ]
}

export function layoutOf(hanging: Hanging, possible: readonly Layout[]): Layout {
  const chosen = hanging.layout
  return chosen !== null && possible.includes(chosen) ? chosen : (possible[0] ?? 'one')
}

/** The stack a pane shows: the chosen one, or the one that belongs there. */
export function stackIn(pane: Pane, hanging: Hanging, stacks: readonly Stack[], like: Stack | null): Stack | null {
  const chosen = stacks.find((stack) => stack.id === hanging.shown[pane])
  if (chosen !== undefined) return chosen
  if (pane === 'second') return stacks[1] ?? null
  if (pane === 'prior' && like !== null) return likest(stacks, like)
  return stacks[0] ?? null
}

/** Of a prior's series the one most like what is looked at now. */
function likest(stacks: readonly Stack[], like: Stack): Stack | null {
  const score = (stack: Stack) =>
    (stack.modality === like.modality ? 2 : 0) +
    (stack.description.toLowerCase() === like.description.toLowerCase() ? 4 : 0) +
    (stack.pictures.length > 1 === like.pictures.length > 1 ? 1 : 0)
  return [...stacks].sort((a, b) => score(b) - score(a))[0] ?? null
}

/** The neighbour at a distance in a list, held at the ends. */
export function neighbour<Item>(items: readonly Item[], now: Item | null, by: number): Item | null {
  const at = now === null ? -1 : items.indexOf(now)
  return items[Math.min(Math.max(at + by, 0), items.length - 1)] ?? null
}
