import { en } from './shared.en'
import { nl } from './shared.nl'

export const shared = { nl, en }
