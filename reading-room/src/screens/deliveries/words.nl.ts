import type { Show } from './queries'

export const nl = {
  title: 'Bezorgingen',
  says: 'Alles wat uw ziekenhuis toekomt, tot het is bevestigd.',
  show: { all: 'Alles', owed: 'Onderweg', refused: 'Geweigerd', acknowledged: 'Bevestigd' } satisfies Record<Show, string>,
  state: 'Stand',
  what: 'Wat',
  procedure: 'Verrichting',
  endpoint: 'Naar',
  attempts: 'Pogingen',
  next: 'Volgende poging',
  owedAt: 'Sinds',
  error: 'Laatste fout',
  retry: 'Nu proberen',
  none: 'Niets in dit deel van de lijst.',
}
