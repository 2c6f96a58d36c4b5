import { afterEach, beforeEach, expect, test } from '@jest/globals'

import type { Metadata } from '../machine-port.ts'
import { Link } from './link.ts'

const nowhere: Metadata = {
  answer: (_, response) => void response.writeHead(404).end(),
  variables: () => ({}),
  announce: () => undefined,
}
const asked: (readonly string[])[] = []
const link = new Link(nowhere, (words) => {
  asked.push(words)
  return Promise.resolve({ code: 0, text: 'said' })
})

let control = ''
beforeEach(async () => {
  asked.length = 0
  await link.open()
  control = link.nextBoot()
})
afterEach(() => link.close())

const ask = (body: string): Promise<string> =>
  fetch(control, { method: 'POST', body }).then(
    (response) => response.text(),
    () => 'nothing',
  )

test('a stand-in is answered', async () => {
  expect(await ask('systemctl\0start\0a unit\0')).toBe('0\nsaid')
  expect(asked).toEqual([['systemctl', 'start', 'a unit']])
})

test('a stand-in without words is answered, too', async () => {
  expect(await ask('poweroff\0\0')).toBe('0\nsaid')
  expect(asked).toEqual([['poweroff', '']])
})

test.each(['', 'systemctl\0sta'])('what a killed shell left unsaid asks for nothing: %j', async (body) => {
  expect(await ask(body)).toBe('nothing')
  expect(asked).toEqual([])
})
