/** The keys of the report. */
import type { Section } from '../../api/types'
import { useCommands } from '../../keys/useCommands'
import { go } from '../../shell/route'
import type { Desk } from './useDesk'

interface ReportCommands {
  desk: Desk
  mayReport: boolean
  focus: (section: Section) => void
  insert: () => void
  onSign: () => void
  onRelease: () => void
  onNext: () => void
}

export function useReportCommands(on: ReportCommands): void {
  const isHeld = on.desk.hold.kind === 'held'
  useCommands({
    toFindings: () => on.focus('findings'),
    toImpression: () => on.focus('impression'),
    toImages: () => {
      const field = document.activeElement
      if (field instanceof HTMLElement && field.matches('input, textarea')) field.blur()
      else go('/')
    },
    insertMeasurement: on.insert,
    ...(isHeld
      ? { sign: on.onSign, release: on.onRelease }
      : { nextTask: on.onNext, ...(on.mayReport && { claim: () => void on.desk.take() }) }),
  })
}
