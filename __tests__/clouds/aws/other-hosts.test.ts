import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createAws } from '../../../src/clouds/aws/index.ts'
import { silentLog } from '../../../src/lib/log.ts'
import { FakeClock } from '../../emulators/fake-clock.ts'

let listener: Server
let connections = 0
const before = { ...process.env }

beforeEach(async () => {
  connections = 0
  listener = createServer((socket) => {
    connections++
    socket.destroy()
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  // As on a machine of the vendor's own world: nothing names another endpoint, and there are keys to sign with.
  delete process.env.AWS_ENDPOINT_URL_EC2
  delete process.env.AWS_ENDPOINT_URL
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIAOTHERHOSTS000001', AWS_SECRET_ACCESS_KEY: 'secret' })
})

afterEach(async () => {
  process.env = before
  await new Promise((resolve) => listener.close(resolve))
})

// A region becomes a part of an address. Labels that name one can be anybody's.
test.each([
  ['a port and a path', (port: number) => `localhost:${port}/x`],
  ['a host of somebody’s', () => 'x.evil.invalid'],
  ['a user', (port: number) => `x@127.0.0.1:${port}/`],
  ['a query', (port: number) => `127.0.0.1:${port}?`],
  ['a fragment', (port: number) => `127.0.0.1:${port}#`],
])('a signed request goes nowhere for a region that is %s', async (_, regionAt) => {
  const region = regionAt((listener.address() as AddressInfo).port)
  const aws = createAws(
    { 'cloud-aws-subnet': undefined, 'cloud-aws-security-group': undefined },
    { log: silentLog, clock: new FakeClock(), variables: {} },
  )
  const { unreadable } = await aws.list({ identity: 'abcdefghijklmnopqrst' }, [region])
  expect(unreadable.map(({ failure }) => failure.message)).toEqual([expect.stringMatching(/region/i)])
  expect(connections).toBe(0)
})
