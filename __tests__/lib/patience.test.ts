import { describe, expect, it } from '@jest/globals'
import { anyOf, endOf, withEnd } from '../../src/lib/deadline.ts'
import { Gate, spacingFor } from '../../src/lib/gate.ts'
import type { Log } from '../../src/lib/log.ts'
import { explainWayTo, passingTrouble } from '../../src/lib/network.ts'
import { retry, type Again } from '../../src/lib/retry.ts'
import { FakeClock } from '../emulators/fake-clock.ts'

const logTo = (lines: string[]): Log => ({
  debug: () => undefined,
  info: (text) => void lines.push(text),
  warn: () => undefined,
  error: () => undefined,
})

describe('a signal that knows its end', () => {
  it('keeps the earliest of the ends it was given, and its own abort', () => {
    const stop = new AbortController()
    const outer = withEnd(stop.signal, 1_000)
    expect(endOf(withEnd(outer, 5_000))).toBe(1_000)
    expect(endOf(withEnd(outer, 500))).toBe(500)
    expect(endOf(anyOf(outer, new AbortController().signal))).toBe(1_000)
    expect(endOf(stop.signal)).toBeUndefined()
    stop.abort(new Error('stop'))
    expect(withEnd(outer, 500).reason).toEqual(new Error('stop'))
  })
})

describe('trying again', () => {
  const trouble: Again = { why: 'the server fails' }
  const until = async (end: number, again: Again, lines: string[] = [], gate?: Gate) => {
    const clock = new FakeClock(0)
    let calls = 0
    const call = async (): Promise<never> => {
      throw new Error(`call ${++calls}`)
    }
    const policy = { clock, log: logTo(lines), pause: 500, longest: 8_000, again: () => again }
    const signal = withEnd(undefined, end)
    const error: unknown = await retry({ ...policy, signal, ...(gate ? { gate } : {}) }, call).catch(
      (reason: unknown) => reason,
    )
    return { error, calls, at: clock.now() }
  }

  it('goes on for as long as there is time, and throws the last error then', async () => {
    const { error, calls, at } = await until(600_000, trouble)
    expect(at).toBe(600_000)
    expect(calls).toBeGreaterThan(80)
    expect(error).toEqual(new Error(`call ${calls}`))
  })

  it('says what goes wrong when it has waited for a while, and says nothing of a hiccup', async () => {
    const lines: string[] = []
    await until(2_000, trouble, lines)
    expect(lines).toEqual([])
    await until(60_000, trouble, lines)
    expect(lines[0]).toMatch(/^the server fails; asking again in \d s \(try \d\)\.$/)
  })

  it('does not begin a pause that is longer than the time there is', async () => {
    expect(await until(600_000, { why: 'busy', wait: 3_600_000 })).toMatchObject({ calls: 1, at: 0 })
    const short = await until(60_000, { why: 'busy', wait: 25_000 })
    expect(short.calls).toBe(3)
    expect(short.at).toBeLessThanOrEqual(60_000)
  })

  it('is not patient beyond what the trouble is worth', async () => {
    const { at } = await until(600_000, { why: 'no such name', patience: 10_000 })
    expect(at).toBe(10_000)
  })
})

describe('the gate before a server', () => {
  it('holds everybody up for the pause that one was asked for, and lets them through apart', async () => {
    const clock = new FakeClock(0)
    const gate = new Gate(clock)
    gate.close(30_000, new Error('busy'))
    const times = await Promise.all(
      [gate.pass(), gate.pass(withEnd(undefined, 60_000))].map((pass) => pass.then(() => clock.now())),
    )
    expect(Math.min(...times)).toBeGreaterThan(30_000)
    expect(Math.max(...times)).toBeLessThanOrEqual(32_000)
  })

  it('turns away at once who does not have the time, with the answer that closed it', async () => {
    const clock = new FakeClock(0)
    const gate = new Gate(clock)
    gate.close(30_000, new Error('busy'))
    await expect(gate.pass(withEnd(undefined, 20_000))).rejects.toThrow('busy')
    expect(clock.now()).toBe(0)
  })

  it('lets requests through one by one where the limit comes near', async () => {
    const clock = new FakeClock(0)
    const gate = new Gate(clock)
    gate.space(2_000)
    const times = await Promise.all([1, 2, 3].map(() => gate.pass().then(() => clock.now())))
    expect(times).toEqual([0, 2_000, 4_000])
  })

  it('spreads what is left of a limit over the time until it is whole, once a fifth is left', () => {
    expect(spacingFor({ limit: 100, remaining: 50, resetsIn: 60_000 })).toBe(0)
    expect(spacingFor({ limit: 100, remaining: 10, resetsIn: 20_000 })).toBe(2_000)
    expect(spacingFor({ limit: 5_000, remaining: 0, resetsIn: 3_600_000 })).toBe(15_000)
    expect(spacingFor({ limit: 100, remaining: 1, resetsIn: -5 })).toBe(0)
  })
})

describe('trouble on the way', () => {
  const passes = (code: string, message = code): unknown => passingTrouble({ code, message }, 'GitHub')
  it.each(['ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'EAI_AGAIN', 'EHOSTUNREACH', 'EPIPE'])(
    'of the kind %s may pass',
    (code) => {
      expect(passes(code)).toEqual({ why: `GitHub could not be reached (${code})` })
    },
  )

  it('is final where a certificate is wrong or a proxy refuses, and short-lived where a name is not known', () => {
    expect(passes('CERT_HAS_EXPIRED')).toBe(false)
    expect(passes('SELF_SIGNED_CERT_IN_CHAIN')).toBe(false)
    expect(
      passes('ERR_PROXY_TUNNEL', 'Failed to establish tunnel: HTTP/1.1 407 Proxy Authentication Required'),
    ).toBe(false)
    expect(
      passes('ERR_PROXY_TUNNEL', 'Failed to establish tunnel: HTTP/1.1 503 Service Unavailable'),
    ).toMatchObject({
      why: expect.stringMatching(/^The proxy before GitHub is in trouble/),
    })
    expect(passes('ENOTFOUND')).toMatchObject({ patience: 10_000 })
  })

  it.each([
    ['ERR_PROXY_TUNNEL', /^The proxy in HTTPS_PROXY/, 'NO_PROXY'],
    ['CERT_HAS_EXPIRED', /has expired/, 'clock'],
    ['SELF_SIGNED_CERT_IN_CHAIN', /not accepted/, 'NODE_EXTRA_CA_CERTS'],
    ['EAI_AGAIN', /^No address was found/, 'look names up'],
    ['ECONNREFUSED', /^X could not be reached/, 'HTTPS_PROXY'],
  ])('is laid to what it is of, where no address is an option: %s', (code, why, fix) => {
    expect(explainWayTo('X', code)).toEqual({
      why: expect.stringMatching(why),
      fix: expect.stringContaining(fix),
    })
  })
})
