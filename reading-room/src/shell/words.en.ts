import type { Like } from '../words/language'
import type { nl } from './words.nl'

export const en: Like<typeof nl> = {
  worklist: 'Worklist',
  deliveries: 'Deliveries',
  arrivals: 'Arrivals',
  archive: 'Archive',
  consents: 'Consent',
  screens: 'Screens',
  live: 'live',
  reconnecting: 'connecting…',
  lost: (since: string) => `reconnecting, data from ${since}`,
  keys: 'Keys',
  signOut: 'Sign out',
  otherLanguage: 'Nederlands',
  opening: 'Opening the reading room…',
  broken: 'This screen has failed. What you wrote is kept on the server.',
  reload: 'Load again',
}
