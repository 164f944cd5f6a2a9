import type { Like } from '../../words/language'
import type { nl } from './words.nl'

export const en: Like<typeof nl> = {
  studies: 'Studies',
  studiesSay: 'What came from your hospital, newest first.',
  situation: {
    arriving: 'arriving',
    unmatched: 'without an order',
    matched: 'matched',
    held: 'held back',
  },
  orders: 'Orders without images',
  quarantine: 'Quarantine',
  quarantineSays: 'What came in and could not be archived.',
  state: 'State',
  accession: 'Accession',
  description: 'Description',
  modality: 'Mod.',
  images: 'Images',
  series: 'Series',
  last: 'Last received',
  received: 'Received',
  urgency: 'Urgency',
  sender: 'Sender',
  protocol: 'Protocol',
  reason: 'Reason',
  size: 'Size',
  uid: 'UID',
  none: 'Nothing.',
}
