import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAws } from '../../../src/clouds/aws/index.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { silentLog } from '../../../src/lib/log.ts'

let service: Server
let asked = 0
/** What STS answers in turn; then it fails. */
let answers: readonly string[] = []
const before = { ...process.env }

beforeEach(async () => {
  asked = 0
  service = createServer((_, response) => {
    const answer = answers[asked++] ?? ''
    response.writeHead(answer === '' ? 500 : 200).end(answer)
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIAWHOSEACCOUNT0001', AWS_SECRET_ACCESS_KEY: 'secret' })
})

afterEach(async () => {
  process.env = before
  service.closeAllConnections()
  await new Promise((resolve) => service.close(resolve))
})

async function threeTimes(...said: readonly string[]): Promise<readonly unknown[]> {
  answers = said
  const { port } = service.address() as AddressInfo
  const variables = { AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${port}` }
  const aws = createAws(
    { 'cloud-aws-subnet': undefined, 'cloud-aws-security-group': undefined },
    { log: silentLog, clock: systemClock, variables },
  )
  return [await aws.account(), await aws.account(), await aws.account(), asked]
}

const ours = '<Account>111122223333</Account>'

test.each([
  ['is kept once STS has told it', [ours, ours], ['111122223333', '111122223333', '111122223333', 1]],
  [
    'is asked for again where STS did not tell it',
    ['', ours],
    [undefined, '111122223333', '111122223333', 2],
  ],
  ['is asked for no third time', ['', '', ours], [undefined, undefined, undefined, 2]],
])('an account %s', async (_, said, told) => {
  expect(await threeTimes(...said)).toEqual(told)
})
