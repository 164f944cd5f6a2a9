import type { Like } from './language'
import type { nl } from './shared.nl'

export const en: Like<typeof nl> = {
  state: {
    expected: 'expected',
    incomplete: 'waiting',
    available: 'available',
    claimed: 'being read',
    drafted: 'draft',
    preliminary: 'preliminary',
    final: 'final',
    delivered: 'delivered',
    cancelled: 'cancelled',
  },
  urgency: { stroke: 'stroke', acute: 'acute', urgent: 'urgent', routine: 'routine' },
  role: {
    radiologist: 'radiologist',
    resident: 'resident',
    pacs_administrator: 'PACS administrator',
    privacy_officer: 'privacy officer',
    planner: 'planner',
  },
  held: {
    no_order: 'No order came with these images.',
    no_images: 'The images are not here yet.',
    arriving: 'Images are still arriving.',
    no_agreement: 'No agreement covers reading this kind of study for this hospital.',
    no_consent: "Of this person's file at this hospital nothing is known about sharing.",
    consent_denied: 'This person does not permit sharing of her file at this hospital.',
    patient_mismatch: 'The order and the images name different patients.',
  },
  delivery: {
    status: 'Status',
    report: 'Report',
    measurements: 'Measurements (SR)',
    annotations: 'Annotations (GSPS)',
  },
  deliveryState: {
    owed: 'on its way',
    acknowledged: 'acknowledged',
    refused: 'refused',
    withdrawn: 'withdrawn',
  },
  sex: (code: string) => ({ M: 'M', F: 'F', O: 'X' })[code] ?? '',
  cancel: 'Cancel',
  close: 'Close',
  again: 'Try again',
  loading: 'Loading…',
  unreachable: 'The server cannot be reached. Trying again.',
  notAnswered: 'The server could not answer this.',
  trace: (id: string) => `Reference ${id}`,
}
