import type { Clock } from './clock.ts'
import { endOf } from './deadline.ts'

/**
 * What stands before all requests to one server. A server that asks for a pause means everybody who uses the same token, so one answer holds up all
 * that follow; and who sees a limit come nearer goes slower before it is there.
 */
export class Gate {
  readonly #clock: Clock
  /** Clock milliseconds. */
  #opens = 0
  /** The answer that closed it. */
  #reason: unknown
  /** Milliseconds between requests, and when the next one may go. */
  #spacing = 0
  #next = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Nobody passes for so many milliseconds. `reason` is thrown at those who do not have that long. */
  close(milliseconds: number, reason: unknown): void {
    const opens = this.#clock.now() + milliseconds
    if (opens < this.#opens) return
    this.#opens = opens
    this.#reason = reason
  }

  /** From now on requests go so many milliseconds apart; 0 = as they come. */
  space(milliseconds: number): void {
    this.#spacing = milliseconds
  }

  /** Returns when a request may be sent. Those who wait are let through a little apart. */
  async pass(signal?: AbortSignal): Promise<void> {
    for (let now = this.#clock.now(); now < this.#opens; now = this.#clock.now()) {
      if (this.#opens > (endOf(signal) ?? Infinity)) throw this.#reason
      const apart = Math.min(2_000, (this.#opens - now) / 10) * this.#clock.random()
      await this.#clock.sleep(this.#opens - now + apart, signal)
    }
    if (this.#spacing === 0) return
    const now = this.#clock.now()
    const turn = Math.min(Math.max(this.#next, now), endOf(signal) ?? Infinity)
    this.#next = turn + this.#spacing
    if (turn > now) await this.#clock.sleep(turn - now, signal)
  }
}

/** What a server tells of a limit with each answer. */
export interface Allowance {
  readonly limit: number
  readonly remaining: number
  /** Milliseconds until it is whole again. */
  readonly resetsIn: number
}

/** From this part of an allowance on, what is left is spread over the time until it is whole again. */
const scarce = 0.2
/** ms. Whoever waits for a machine must still look. */
const longestSpacing = 15_000

/** Milliseconds between requests that use up no more than is left. */
export function spacingFor({ limit, remaining, resetsIn }: Allowance): number {
  if (!(limit > 0) || remaining >= limit * scarce || !(resetsIn > 0)) return 0
  return Math.min(longestSpacing, resetsIn / Math.max(1, remaining))
}
