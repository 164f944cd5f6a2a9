import { Enums } from '@cornerstonejs/core'
import { useCallback, useEffect, useState } from 'react'
import { viewportOf } from '../../viewer/engine'
import { Link } from '../../viewer/link'
import type { Pane } from './hanging'

/** Scrolls the other viewport along with the active one, while it is on. */
export function useLink(panes: readonly Pane[], active: Pane) {
  const [link] = useState(() => new Link())
  const [on, setOn] = useState(true)
  const [ready, setReady] = useState<Partial<Record<Pane, string>>>({})
  const other = panes.find((pane) => pane !== active) ?? null
  const shown = other === null ? null : `${ready[active] ?? ''} ${ready[other] ?? ''}`

  useEffect(() => {
    const here = viewportOf(active)
    if (!on || other === null || here === null) return
    link.align(active, other)
    return () => link.forget()
    // aligned anew when either shows another stack, not when the active side changes
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [on, link, shown?.length, [shown?.split(' ')].flat().sort().join()])

  useEffect(() => {
    const element = viewportOf(active)?.element
    if (!on || other === null || element === undefined) return
    const follow = () => link.follow(active, other)
    element.addEventListener(Enums.Events.STACK_NEW_IMAGE, follow)
    return () => element.removeEventListener(Enums.Events.STACK_NEW_IMAGE, follow)
  }, [on, link, active, other, shown])

  return {
    on: on && other !== null,
    toggle: () => setOn(!on),
    onShown: useCallback((pane: Pane, stack: string) => setReady((before) => ({ ...before, [pane]: stack })), []),
  }
}
