import type { Like } from '../../words/language'
import type { nl } from './words.nl'

export const en: Like<typeof nl> = {
  purpose: 'Reading across hospitals',
  username: 'User name',
  password: 'Password',
  signIn: 'Sign in',
  oidc: (name: string) => `Sign in with ${name === '' ? 'your hospital' : name}`,
  demo: 'Demonstration',
  demoSays:
    'These people, patients and images are made up. Choose who you are with a click or the key before the name.',
  otherLanguage: 'Nederlands',
}
