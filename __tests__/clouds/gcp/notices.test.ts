import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { noticesOf } from '../../../src/clouds/gcp/machine-half.ts'
import { FakeClock } from '../../emulators/fake-clock.ts'
import { GceMetadata } from '../../emulators/gcp/metadata.ts'

const metadata = new GceMetadata({
  project: 'my-project',
  projectNumber: '1',
  zone: 'us-west1-b',
  name: 'cml-x',
  id: '1',
  attributes: () => ({}),
})
const servers: Server[] = []

/** The address of a server. */
async function serve(listener: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(listener as never)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

let silent = ''
let answering = ''
let asked: string[] = []
beforeEach(async () => {
  asked = []
  silent = await serve((request) => {
    asked.push('silent')
    request.destroy()
  })
  answering = await serve((request, response) => {
    asked.push('answering')
    metadata.answer(request, response)
  })
})
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

test('a machine without IPv4 hears its notices from the server’s other address, and stays there', async () => {
  metadata.announce('risk')
  const told: string[] = []
  const { signal } = new AbortController()
  for await (const { text } of noticesOf([silent, answering], { clock: new FakeClock(0), signal })) {
    told.push(text)
    if (told.length === 1) metadata.announce('end')
  }
  expect(told).toEqual([
    'Google Cloud will end the machine within the hour, for maintenance',
    'Google Cloud takes the machine (preempted)',
  ])
  expect(asked).toEqual(['silent', 'answering', 'answering'])
})
