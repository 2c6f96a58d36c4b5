import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Unreadable } from '../../src/lib/answers.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { createFetch } from '../../src/lib/http.ts'

/** A clock whose waits end when the test says so. */
class HeldClock implements Clock {
  readonly waits: {
    readonly ms: number
    readonly end: () => void
    readonly signal?: AbortSignal | undefined
  }[] = []

  now(): number {
    return 0
  }

  random(): number {
    return 0
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waits.push({ ms, end: resolve, signal })
      signal?.addEventListener('abort', () => reject(signal.reason))
    })
  }
}

describe('an answer', () => {
  let server: Server
  let answer: RequestListener
  let address: string

  beforeEach(async () => {
    server = createServer((request, response) => answer(request, response))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  })

  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  test('that comes drop by drop is given up when the whole time is over, however little silence there was', async () => {
    const clock = new HeldClock()
    const begun = new Promise<void>((resolve) => {
      answer = (_request, response) => {
        response.write('[', () => resolve())
      }
    })
    const asked = createFetch({ variables: {}, patience: 60_000, clock })(address)
    await begun
    expect(clock.waits.map(({ ms }) => ms)).toEqual([180_000])
    clock.waits[0]!.end()
    await expect(asked).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      message: expect.stringMatching(/after 180 s/),
    })
  })

  test('that has come leaves no wait behind', async () => {
    const clock = new HeldClock()
    answer = (_request, response) => void response.end('{}')
    const { status } = await createFetch({ variables: {}, patience: 60_000, clock })(address)
    expect(status).toBe(200)
    expect(clock.waits[0]!.signal?.aborted).toBe(true)
  })

  test('without an end is read no further than 16 MB, and its connection is closed', async () => {
    let sent = 0
    const closed = new Promise<void>((resolve) => {
      answer = (_request, response) => {
        response.on('close', resolve)
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(1024 * 1024, 32))) sent++
        }
        response.on('drain', more)
        more()
      }
    })
    const asked = createFetch({ variables: {}, patience: 60_000 })(address)
    await expect(asked).rejects.toThrow(Unreadable)
    await expect(asked).rejects.toThrow(/more than 16 MB/)
    await closed
    expect(sent).toBeLessThan(64)
  })

  test('of nearly 16 MB is read whole', async () => {
    answer = (_request, response) => void response.end(Buffer.alloc(16 * 1024 * 1024, 32))
    const response = await createFetch({ variables: {}, patience: 60_000 })(address)
    expect((await response.text()).length).toBe(16 * 1024 * 1024)
  })
})
