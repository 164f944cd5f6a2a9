/** Words that more than one screen uses. */
import type { DeliveryKind, DeliveryState, HeldBack, Role, TaskState, Urgency } from '../api/types'

export const nl = {
  state: {
    expected: 'verwacht',
    incomplete: 'wacht',
    available: 'vrij',
    claimed: 'in behandeling',
    drafted: 'concept',
    preliminary: 'voorlopig',
    final: 'definitief',
    delivered: 'bezorgd',
    cancelled: 'vervallen',
  } satisfies Record<TaskState, string>,
  urgency: {
    stroke: 'CVA',
    acute: 'acuut',
    urgent: 'spoed',
    routine: 'routine',
  } satisfies Record<Urgency, string>,
  role: {
    radiologist: 'radioloog',
    resident: 'arts in opleiding',
    pacs_administrator: 'PACS-beheerder',
    privacy_officer: 'privacyfunctionaris',
    planner: 'planner',
  } satisfies Record<Role, string>,
  held: {
    no_order: 'Bij deze beelden is geen aanvraag gekomen.',
    no_images: 'De beelden zijn er nog niet.',
    arriving: 'Er komen nog beelden binnen.',
    no_agreement: 'Geen overeenkomst dekt het beoordelen van dit soort onderzoek voor dit ziekenhuis.',
    no_consent: 'Van het dossier van deze persoon in dit ziekenhuis is niets bekend over delen.',
    consent_denied: 'Deze persoon staat delen van haar dossier in dit ziekenhuis niet toe.',
    patient_mismatch: 'Aanvraag en beelden noemen verschillende patiënten.',
  } satisfies Record<HeldBack, string>,
  delivery: {
    status: 'Status',
    report: 'Verslag',
    measurements: 'Metingen (SR)',
    annotations: 'Annotaties (GSPS)',
  } satisfies Record<DeliveryKind, string>,
  deliveryState: {
    owed: 'onderweg',
    acknowledged: 'bevestigd',
    refused: 'geweigerd',
    withdrawn: 'ingetrokken',
  } satisfies Record<DeliveryState, string>,
  sex: (code: string) => ({ M: 'M', F: 'V', O: 'X' })[code] ?? '',
  cancel: 'Annuleren',
  close: 'Sluiten',
  again: 'Opnieuw',
  loading: 'Laden…',
  unreachable: 'De server is niet bereikbaar. Er wordt opnieuw geprobeerd.',
  notAnswered: 'De server kon dit niet beantwoorden.',
  trace: (id: string) => `Kenmerk ${id}`,
}
