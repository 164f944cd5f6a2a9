import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { InLanguage } from '../words/language'
import { addLayer, dispatch } from './dispatch'
import { Help } from './Help'
import { COMMANDS, type CommandName } from './registry'

beforeEach(() => window.addEventListener('keydown', dispatch))
afterEach(() => window.removeEventListener('keydown', dispatch))

const names = Object.keys(COMMANDS) as CommandName[]

test('no key has two meanings at the same place', () => {
  // images and report are on screen together, and everything is under "anywhere"
  for (const together of [
    ['anywhere', 'worklist'],
    ['anywhere', 'images', 'report'],
  ]) {
    const keys = names
      .filter((name) => together.includes(COMMANDS[name].scope))
      .flatMap((name) => [...COMMANDS[name].keys])
    expect(keys.length).toBe(new Set(keys).size)
  }
})

test('help prints every command', () => {
  render(
    <InLanguage start="en">
      <Help onClose={() => undefined} />
    </InLanguage>,
  )
  expect(screen.getAllByRole('definition')).toHaveLength(names.length)
})

test('a letter is a command outside text, and a letter inside it', async () => {
  const opened = vi.fn()
  const signed = vi.fn()
  const forget = addLayer(() => ({ openOnly: opened, sign: signed }))
  render(<textarea aria-label="text" />)
  await userEvent.keyboard('o')
  expect(opened).toHaveBeenCalledTimes(1)
  await userEvent.click(screen.getByLabelText('text'))
  await userEvent.keyboard('o{Control>}{Enter}{/Control}')
  expect(opened).toHaveBeenCalledTimes(1)
  expect(signed).toHaveBeenCalledTimes(1)
  expect(screen.getByLabelText('text')).toHaveValue('o')
  forget()
})

test('two keys one after the other are one command', async () => {
  const gone = vi.fn()
  const forget = addLayer(() => ({ goDeliveries: gone }))
  await userEvent.keyboard('gd')
  expect(gone).toHaveBeenCalledTimes(1)
  forget()
})

test('under a dialog nothing hears the keys', async () => {
  const below = vi.fn()
  const forgetBelow = addLayer(() => ({ next: below }))
  const forgetDialog = addLayer(() => ({}), true)
  await userEvent.keyboard('j')
  expect(below).not.toHaveBeenCalled()
  forgetDialog()
  await userEvent.keyboard('j')
  expect(below).toHaveBeenCalledTimes(1)
  forgetBelow()
})
