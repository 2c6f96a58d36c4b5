import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { awsHalf, metadataServices, noticesOf } from '../../../src/clouds/aws/machine-half.ts'
import { FakeClock } from '../../emulators/fake-clock.ts'
import { Imds } from '../../emulators/ec2/metadata.ts'

describe("the spot market's notice", () => {
  let server: Server
  let endpoint = ''
  let enough = () => {}
  const requests: string[] = []
  const metadata = new Imds({ instanceId: 'i-1', region: 'us-west-1', userData: Buffer.alloc(0) })
  const taken = JSON.stringify({ action: 'terminate', time: '2026-11-21T20:31:00Z' })
  const said = {
    taken: { text: 'the spot market takes the machine (terminate at 2026-11-21T20:31:00Z)', urgent: true },
    risk: { text: 'the spot market may soon take the machine', urgent: false },
  }

  beforeEach(async () => {
    requests.length = 0
    metadata.notice = metadata.risk = undefined
    server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`)
      if (requests.length === 6) metadata.expireTokens()
      if (requests.length === 20) enough()
      if (requests.length === 10) metadata.notice = taken
      if (requests.length === 8) return void request.destroy()
      metadata.answer(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })

  async function all<T>(told: AsyncIterable<T>): Promise<T[]> {
    const heard: T[] = []
    for await (const each of told) heard.push(each)
    return heard
  }

  const token = 'PUT /latest/api/token'
  const look = 'GET /latest/meta-data/spot/instance-action'
  const ask = 'GET /latest/meta-data/events/recommendations/rebalance'

  it('is found by looking every 5 s with a token, past expired tokens and broken connections', async () => {
    const clock = new FakeClock(0)
    const stop = new AbortController()
    enough = () => stop.abort(new Error('not found in 20 requests'))
    const variables = { AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint }
    const found = await all(awsHalf.notices({ clock, signal: stop.signal, variables }))
    expect(found).toEqual([said.taken])
    expect(requests).toEqual([token, look, ask, look, ask, look, token, look, token, look])
    expect(clock.now()).toBe(20_000)
  })

  it('is told after its warning, which is told once', async () => {
    metadata.risk = JSON.stringify({ noticeTime: '2026-11-21T20:20:00Z' })
    const clock = new FakeClock(0)
    const { signal } = new AbortController()
    expect(await all(noticesOf([endpoint], { clock, signal }))).toEqual([said.risk, said.taken])
    expect(requests.filter((line) => line === ask)).toHaveLength(1)
  })

  it('is found where only one of the two addresses answers, as in a subnet without IPv4', async () => {
    expect(metadataServices).toEqual(['http://169.254.169.254', 'http://[fd00:ec2::254]'])
    metadata.notice = taken
    const clock = new FakeClock(0)
    const { signal } = new AbortController()
    const services = ['http://127.0.0.1:1', endpoint]
    expect(await all(noticesOf(services, { clock, signal }))).toEqual([said.taken])
    expect(clock.now()).toBe(5000)
  })

  it('is no longer looked for when nobody wants it', async () => {
    const stop = new AbortController()
    const clock = new FakeClock(0)
    clock.at(60_000, () => stop.abort(new Error('enough')))
    const notices = noticesOf(['http://127.0.0.1:1'], { clock, signal: stop.signal })
    await expect(all(notices)).rejects.toThrow('enough')
  })
})
