import { Enums } from '@cornerstonejs/core'
import { useCallback, useEffect, useState } from 'react'
import { viewportOf } from '../../viewer/engine'
import { Link } from '../../viewer/link'
import type { Pane } from './hanging'

/** Scrolls the other viewport along with the active one, while it is on. */
export function useLink(panes: readonly Pane[], active: Pane) {
  const [link] = useState(() => new Link())
  const [on, setOn] = useState(true)
  const [shown, setShown] = useState<Partial<Record<Pane, string>>>({})
  const [first, second] = panes
  const stacks = panes.map((pane) => shown[pane] ?? '').join(' ')

  // how the two lie now counts as the same place, until either shows another stack
  useEffect(() => {
    if (!on || first === undefined || second === undefined) return
    link.align(first, second)
    return () => link.forget()
  }, [on, link, first, second, stacks])

  useEffect(() => {
    const element = viewportOf(active)?.element
    const other = panes.find((pane) => pane !== active)
    if (!on || other === undefined || element === undefined) return
    const follow = () => link.follow(active, other)
    element.addEventListener(Enums.Events.STACK_NEW_IMAGE, follow)
    return () => element.removeEventListener(Enums.Events.STACK_NEW_IMAGE, follow)
  }, [on, link, panes, active, stacks])

  return {
    on: on && second !== undefined,
    toggle: () => setOn(!on),
    onShown: useCallback((pane: Pane, stack: string) => {
      setShown((before) => (before[pane] === stack ? before : { ...before, [pane]: stack }))
    }, []),
  }
}
