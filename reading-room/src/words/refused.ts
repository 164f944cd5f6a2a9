/** The sentence of an error for the reader, in her language. */
import { Refusal } from '../api/client'
import { useLanguage, useWords } from './language'
import { said } from './said'
import { shared } from './shared'

export function useRefused(): (error: unknown) => string {
  const { language } = useLanguage()
  const words = useWords(shared)
  return (error) => {
    if (!(error instanceof Refusal)) return words.notAnswered
    if (error.unreachable && error.message === '') return words.unreachable
    const sentence = error.message === '' ? words.notAnswered : said(error.message, language)
    const remedies = error.remedies.map((remedy) => said(remedy, language)).join(' ')
    return remedies === '' ? sentence : `${sentence} ${remedies}`
  }
}
