/** What the reader works with at one task: the lease, the text, what is drawn, and saving it. */
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useEffectEvent, useState, useSyncExternalStore } from 'react'
import { kept } from '../../api/keys'
import {
  SECTIONS,
  type Annotation,
  type Draft,
  type ReportStatus,
  type Section,
  type Sections,
  type TaskDetail,
} from '../../api/types'
import { Drawings } from '../../viewer/drawings'
import { LeaseKeeper } from './lease'
import { claim, fetchDraft, putDraft, release, renew, sign } from './queries'
import { DraftSaver } from './saver'

const filled = (some: Partial<Sections>): Sections =>
  Object.fromEntries(SECTIONS.map((section) => [section, some[section] ?? ''])) as Sections

export function useDesk(task: TaskDetail) {
  const id = task.id
  const cache = useQueryClient()
  const [sections, setSections] = useState<Sections | null>(null)
  const [conflict, setConflict] = useState<Draft | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [drawings] = useState(() => new Drawings())
  const [keeper] = useState(() => new LeaseKeeper((lease) => renew(id, lease)))
  const [saver] = useState(() => new DraftSaver((lease, written) => putDraft(id, lease, written)))

  const hold = useSyncExternalStore(keeper.listen, () => keeper.hold)
  const measured = useSyncExternalStore(saver.listen, () => saver.measured)
  const saving = useSyncExternalStore(saver.listen, () => saver.saving)
  const drawn = useSyncExternalStore(drawings.listen, () => drawings.now)
  const editable = hold.kind !== 'none' && sections !== null

  /** Takes the server's draft as what is written; the question is a first clinical text. */
  const load = useCallback(
    (draft: Draft) => {
      const known = filled(draft.sections)
      if (draft.revision === 0 && known.clinical === '') known.clinical = task.order?.question ?? ''
      setSections(known)
      drawings.load(draft.annotations)
      saver.start({ sections: known, annotations: drawings.now.list }, draft)
    },
    [drawings, saver, task.order?.question],
  )
  const begin = useEffectEvent(() => void fetchDraft(id).then(load, setError))

  useEffect(() => {
    drawings.start()
    begin()
    return () => {
      void saver.flush()
      keeper.stop()
      drawings.stop()
    }
  }, [drawings, keeper, saver])

  const adopt = useEffectEvent(() => {
    // a lease of an earlier visit, or the one just taken from the worklist
    if (task.lease !== null && keeper.hold.kind === 'none') keeper.take(task.lease)
  })
  useEffect(() => adopt(), [task.lease])

  const isLost = hold.kind === 'lost'
  const lease = hold.kind === 'held' ? hold.lease : null
  useEffect(() => {
    if (isLost) saver.lose()
    else if (conflict === null) saver.under(lease)
  }, [saver, lease, isLost, conflict])
  useEffect(() => {
    if (saving.kind === 'lost' && keeper.hold.kind === 'held') keeper.lose()
  }, [saving, keeper])
  useEffect(() => drawings.allow(editable), [drawings, editable, drawn.list.length])
  useEffect(() => {
    if (sections !== null && editable) saver.change({ sections, annotations: drawn.list })
  }, [sections, drawn.list, editable, saver])

  const write = useCallback((section: Section, text: string) => {
    setSections((before) => (before === null ? before : { ...before, [section]: text }))
  }, [])

  const take = async () => {
    const wasLost = keeper.hold.kind === 'lost'
    setError(null)
    try {
      const given = await claim(id)
      const draft = await fetchDraft(id)
      if (!wasLost) load(draft)
      else if (draft.revision !== saver.revision) setConflict(draft)
      keeper.take(given)
    } catch (refusal) {
      setError(refusal)
    } finally {
      void cache.invalidateQueries({ queryKey: kept.task(id) })
    }
  }

  const giveBack = async (reason: string) => {
    if (lease === null) return
    await saver.flush()
    try {
      await release(id, lease, reason)
      keeper.letGo()
    } catch (refusal) {
      setError(refusal)
    }
    void cache.invalidateQueries({ queryKey: kept.task(id) })
  }

  const signNow = async (status: ReportStatus, language: string) => {
    if (lease === null || sections === null) return false
    await saver.flush()
    if (saver.saving.kind === 'lost') return false
    try {
      await sign(id, lease, { sections, annotations: drawings.now.list }, status, language)
      keeper.letGo()
      void cache.invalidateQueries({ queryKey: kept.task(id) })
      return true
    } catch (refusal) {
      setError(refusal)
      return false
    }
  }

  const settle = (choice: 'mine' | 'theirs') => {
    if (choice === 'theirs' && conflict !== null) load(conflict)
    setConflict(null)
  }

  const annotations: Annotation[] = drawn.list.map((one) => {
    const measurements = measured.get(one.tracking_uid)
    return measurements === undefined ? one : { ...one, measurements }
  })
  return {
    hold,
    saving,
    sections,
    annotations,
    /** With the values the server gave last, also those of a moment ago. */
    measured: (one: Annotation): Annotation => ({ ...one, measurements: saver.measured.get(one.tracking_uid) ?? [] }),
    selected: drawn.selected,
    editable,
    conflict,
    error,
    drawings,
    saver,
    write,
    take,
    giveBack,
    sign: signNow,
    settle,
  }
}

export type Desk = ReturnType<typeof useDesk>
