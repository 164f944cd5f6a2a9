import type { Like } from '../../words/language'
import type { nl } from './words.nl'

export const en: Like<typeof nl> = {
  title: 'Deliveries',
  says: 'Everything that is owed to your hospital, until it is acknowledged.',
  show: { all: 'All', owed: 'On their way', refused: 'Refused', acknowledged: 'Acknowledged' },
  state: 'State',
  what: 'What',
  procedure: 'Procedure',
  endpoint: 'To',
  attempts: 'Attempts',
  next: 'Next attempt',
  owedAt: 'Since',
  error: 'Last error',
  retry: 'Try now',
  none: 'Nothing in this part of the list.',
}
