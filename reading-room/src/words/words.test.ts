import { expect, test } from 'vitest'
import type { Dictionary } from './language'

const dutch = import.meta.glob<{ nl: Dictionary }>('../**/*.nl.ts', { eager: true })
const english = import.meta.glob<{ en: Dictionary }>('../**/*.en.ts', { eager: true })

function keysOf(words: Dictionary, under = ''): string[] {
  return Object.entries(words).flatMap(([key, word]) =>
    typeof word === 'object' ? keysOf(word, `${under}${key}.`) : [`${under}${key}:${typeof word}`],
  )
}

test('every screen has its words in both languages', () => {
  const partner = Object.keys(dutch).map((path) => path.replace('.nl.ts', '.en.ts'))
  expect(Object.keys(english).sort()).toEqual(partner.sort())
})

test.each(Object.keys(dutch))('%s says the same things in English', (path) => {
  const pair = english[path.replace('.nl.ts', '.en.ts')]
  expect(keysOf(pair?.en ?? {}).sort()).toEqual(keysOf(dutch[path]?.nl ?? {}).sort())
})
