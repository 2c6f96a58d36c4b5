/**
 * The time of a story: everything in it, emulators, machines and the product's processes, reads this clock, which runs `factor` times
 * faster than the real one and can be set forward. Processes get it as a text, so that all agree without talking.
 */
export class StoryClock {
  readonly factor: number
  readonly #epoch = Date.now()
  #offset = 0

  constructor(factor: number) {
    this.factor = factor
  }

  /** Unix milliseconds. */
  now = (): number => Math.floor(this.#epoch + (Date.now() - this.#epoch) * this.factor + this.#offset)

  /** Processes started before keep the old time. */
  setForward(ms: number): void {
    this.#offset += ms
  }

  /** Calls back after so many ms of the story; returns what takes that back. */
  after(ms: number, act: () => void): () => void {
    const timer = setTimeout(act, ms / this.factor)
    return () => clearTimeout(timer)
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve))
  }

  /** What `fast-time.cjs` reads. */
  get text(): string {
    return [this.#epoch, this.#offset, this.factor].join(',')
  }
}
