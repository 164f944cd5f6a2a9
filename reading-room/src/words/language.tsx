/** Dutch and English: which is chosen, and the words of a screen in it. */
import { createContext, use, useEffect, useState, type ReactNode } from 'react'

export type Language = 'nl' | 'en'
type Word = string | ((...told: never[]) => string)

/** A dictionary of the same shape as `Source`: same keys, a sentence where it has a sentence. */
export type Like<Source> = {
  readonly [Key in keyof Source]: Source[Key] extends (...told: infer Told) => string
    ? (...told: Told) => string
    : Source[Key] extends string
      ? string
      : Like<Source[Key]>
}

export interface Dictionary {
  readonly [key: string]: Word | Dictionary
}

interface Choice {
  language: Language
  choose: (language: Language) => void
}

const REMEMBERED = 'crossread.language'
const LanguageContext = createContext<Choice>({ language: 'nl', choose: () => undefined })

function remembered(): Language {
  const kept = localStorage.getItem(REMEMBERED)
  if (kept === 'nl' || kept === 'en') return kept
  return navigator.language.startsWith('nl') ? 'nl' : 'en'
}

export function InLanguage({ children, start }: { children: ReactNode; start?: Language }) {
  const [language, choose] = useState<Language>(start ?? remembered)
  useEffect(() => {
    document.documentElement.lang = language
    localStorage.setItem(REMEMBERED, language)
  }, [language])
  return <LanguageContext value={{ language, choose }}>{children}</LanguageContext>
}

export const useLanguage = (): Choice => use(LanguageContext)

/** The words of a screen in the chosen language. */
export function useWords<Source>(words: { nl: Source; en: Like<Source> }): Like<Source> {
  const { language } = useLanguage()
  return language === 'nl' ? (words.nl as Like<Source>) : words.en
}
