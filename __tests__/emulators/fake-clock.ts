import type { Clock } from '../../src/lib/clock.ts'

interface Timer {
  readonly at: number
  readonly fire: () => void
}

/**
 * A clock that jumps: whenever the program has nothing left to do but wait, time moves to the next timer. Hours pass in
 * milliseconds, in the order they would.
 */
export class FakeClock implements Clock {
  #now: number
  #timers: Timer[] = []
  #pumping = false

  constructor(now = 1_790_000_000_000) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  random(): number {
    return 0.5
  }

  /** Runs `what` when the clock gets there. */
  at(ms: number, what: () => void): void {
    this.#add({ at: this.#now + ms, fire: what })
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const timer = {
        at: this.#now + ms,
        fire: () => (signal?.removeEventListener('abort', abort), resolve()),
      }
      const abort = () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
        reject(signal!.reason)
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#add(timer)
    })
  }

  #add(timer: Timer): void {
    this.#timers.push(timer)
    if (this.#pumping) return
    this.#pumping = true
    setImmediate(() => this.#pump())
  }

  /** Fires one timer a turn of the event loop, so that everything it sets off happens before time moves on. */
  #pump(): void {
    const next = this.#timers.reduce<Timer | undefined>(
      (first, timer) => (first && first.at <= timer.at ? first : timer),
      undefined,
    )
    if (!next) {
      this.#pumping = false
      return
    }
    this.#timers = this.#timers.filter((timer) => timer !== next)
    this.#now = Math.max(this.#now, next.at)
    next.fire()
    setImmediate(() => this.#pump())
  }
}
