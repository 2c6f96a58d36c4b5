import type { Log } from '../lib/log.ts'
import { Failure } from '../model/failure.ts'

/** A vendor that fails to answer while we wait is no reason to give a working machine up; being refused is. */
export class Tolerance {
  readonly #log: Log
  readonly #who: string
  #warned = false

  constructor(log: Log, who: string) {
    this.#log = log
    this.#who = who
  }

  async tolerate<T>(call: () => Promise<T>): Promise<T | undefined> {
    try {
      return await call()
    } catch (error) {
      const passing =
        error instanceof Failure &&
        ['unavailable', 'rate-limited', 'deadline-exceeded'].includes(error.kind) &&
        // Who names a time has been waited for unless it lies beyond all there is.
        error.explanation.until === undefined
      if (!passing) throw error
      if (!this.#warned)
        this.#log.warn(`${this.#who} does not answer as it should; still waiting. ${error.message}`)
      this.#warned = true
      return undefined
    }
  }
}
