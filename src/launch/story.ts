import type { Clock } from '../lib/clock.ts'

export interface Phase {
  readonly what: string
  /** Clock milliseconds. */
  readonly at: number
}

/** What happened, in order, for the summary. */
export class Story {
  /** Clock milliseconds. */
  readonly began: number
  readonly #clock: Clock
  readonly #phases: Phase[] = []

  constructor(clock: Clock) {
    this.#clock = clock
    this.began = clock.now()
  }

  get phases(): readonly Phase[] {
    return this.#phases
  }

  note(what: string): void {
    this.#phases.push({ what, at: this.#clock.now() })
  }
}
