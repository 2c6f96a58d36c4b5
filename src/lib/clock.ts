import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

/** Time and chance, so that tests can own both. The only place that touches timers and randomness. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** In [0, 1). Nobody can guess it from earlier ones: by such a text a launch knows its own machine's runner. */
  random(): number
}

/** What `randomInt` takes at the most. */
const chances = 2 ** 48 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => randomInt(chances) / chances,
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal ? { signal } : {})
    } catch (error) {
      throw signal?.aborted ? signal.reason : error
    }
  },
}

/** The same, with a `now()` that no correction of the system's date can move: for waits of a long-lived program. */
export const steadyClock: Clock = { ...systemClock, now: () => performance.timeOrigin + performance.now() }

/** Unix milliseconds for people: `2026-11-26T15:20:00Z`. */
export function atSecond(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
