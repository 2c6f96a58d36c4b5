import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noticesOf } from '../../../src/clouds/azure/machine-half.ts'
import { FakeClock } from '../../emulators/fake-clock.ts'

interface Event {
  readonly EventId: string
  readonly EventType: string
  readonly NotBefore?: string
}

let server: Server
let root = ''
/** What the service says at each look, the last one for ever: a status, no answer at all, or its events. */
let looks: (number | 'broken' | readonly Event[])[] = []
let asked = 0

beforeEach(async () => {
  asked = 0
  root = mkdtempSync(join(tmpdir(), 'azure-notices-'))
  server = createServer((request, response) => {
    if (request.headers.metadata !== 'true') return void response.writeHead(400).end()
    const look = looks[Math.min(asked++, looks.length - 1)]!
    if (look === 'broken') return void request.destroy()
    if (typeof look === 'number') return void response.writeHead(look).end('{"error":"busy"}')
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ Events: look }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  rmSync(root, { recursive: true })
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

/** Every notice until the one after which there are no more. */
async function heard(): Promise<readonly (readonly [string, boolean])[]> {
  const { signal } = new AbortController()
  const told: [string, boolean][] = []
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for await (const { text, urgent } of noticesOf(base, { clock: new FakeClock(0), signal }))
    told.push([text, urgent])
  return told
}

const event = (EventType: string, EventId = EventType): Event => ({ EventId, EventType, NotBefore: 'soon' })

test('what is announced is urgent where the machine goes, and lets a job finish where it only moves', async () => {
  looks = [
    [event('Reboot'), event('Redeploy')],
    [event('Redeploy'), event('Terminate')],
  ]
  expect(await heard()).toEqual([
    ['Azure will reboot the machine, for maintenance (soon)', false],
    ['Azure will move the machine to another host, for maintenance (soon)', false],
    ['the machine is being removed (soon)', true],
  ])
})

test('a spot machine’s end is found past refusals, silence and events that nobody knows', async () => {
  looks = [503, 'broken', [event('Freeze')], [], [event('Preempt')]]
  expect(await heard()).toEqual([['Azure takes the spot machine back (soon)', true]])
  expect(asked).toBe(5)
})
