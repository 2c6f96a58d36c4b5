import type { Clock } from '../lib/clock.ts'

export interface Phase {
  /** A milestone of the machine, or one of ours: `resolved`, `refused`, `created`, `online`, `removed`. */
  readonly mark: string
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

  /** Whole seconds so far. */
  get seconds(): number {
    return Math.round((this.#clock.now() - this.began) / 1000)
  }

  note(mark: string): void {
    this.#phases.push({ mark, at: this.#clock.now() })
  }
}
