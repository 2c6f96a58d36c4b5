import { describe, expect, it } from '@jest/globals'
import { all } from '../../src/lib/all.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { retry, type RetryPolicy } from '../../src/lib/retry.ts'
import { within } from '../../src/lib/within.ts'
import { FakeClock } from '../emulators/fake-clock.ts'

const policy = (
  clock: FakeClock,
  again: RetryPolicy['again'] = () => ({ why: 'it failed' }),
): RetryPolicy => ({
  clock,
  log: silentLog,
  attempts: 4,
  pause: 1_000,
  longest: 3_000,
  again,
})

describe('retry', () => {
  it('calls until it succeeds, with pauses that double up to the longest', async () => {
    const clock = new FakeClock()
    const began = clock.now()
    const at: number[] = []
    const result = await retry(policy(clock), async (attempt) => {
      at.push(clock.now() - began)
      if (attempt < 4) throw new Error('not yet')
      return attempt
    })
    expect(result).toBe(4)
    expect(at).toEqual([0, 750, 2250, 4500])
  })

  it('waits as long as the other side asked for', async () => {
    const clock = new FakeClock()
    const began = clock.now()
    await retry(
      policy(clock, () => ({ why: 'it is busy', wait: 60_000 })),
      async (attempt) => {
        if (attempt === 1) throw new Error('busy')
      },
    )
    expect(clock.now() - began).toBeGreaterThanOrEqual(60_000)
    expect(clock.now() - began).toBeLessThanOrEqual(62_000)
  })

  it('throws the last error as it came when the tries are used up or it is not worth another', async () => {
    const clock = new FakeClock()
    let calls = 0
    const failing = async (): Promise<never> => {
      throw new Error(`failure ${++calls}`)
    }
    await expect(retry(policy(clock), failing)).rejects.toThrow('failure 4')
    await expect(
      retry(
        policy(clock, () => false),
        failing,
      ),
    ).rejects.toThrow('failure 5')
  })

  it('stops in the middle of a pause when the signal aborts', async () => {
    const clock = new FakeClock()
    const stop = new AbortController()
    clock.at(500, () => stop.abort(new Error('stop')))
    const attempt = retry({ ...policy(clock), signal: stop.signal }, async () => {
      throw new Error('busy')
    })
    await expect(attempt).rejects.toThrow('stop')
  })
})

describe('the system clock', () => {
  it('rejects a sleep with the reason of the signal, also when it had aborted before', async () => {
    const stop = new AbortController()
    const sleeping = systemClock.sleep(60_000, stop.signal)
    stop.abort(new Error('stop'))
    await expect(sleeping).rejects.toThrow('stop')
    await expect(systemClock.sleep(60_000, stop.signal)).rejects.toThrow('stop')
  })
})

describe('all', () => {
  it('gives every value in its place', async () => {
    expect(await all([Promise.resolve(1), Promise.resolve('two')])).toEqual({ values: [1, 'two'] })
  })

  it('gives every reason, in order, once the last of them is known', async () => {
    const clock = new FakeClock()
    const late = clock.sleep(1_000).then(() => Promise.reject(new Error('late')))
    const outcome = all([late, Promise.resolve(2), Promise.reject(new Error('early'))])
    expect(await outcome).toEqual({ reasons: [new Error('late'), new Error('early')] })
  })
})

describe('within a time', () => {
  it('gives what came in it, and nothing when it has passed; a failure is a failure', async () => {
    const clock = new FakeClock()
    const began = clock.now()
    expect(await within(new Promise(() => undefined), 300, clock)).toBeUndefined()
    expect(clock.now() - began).toBe(300)
    expect(await within(Promise.resolve('in time'), 300, systemClock)).toBe('in time')
    await expect(within(Promise.reject(new Error('no')), 300, systemClock)).rejects.toThrow('no')
  })
})
