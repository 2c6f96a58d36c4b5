/** What exists at an emulated service: its clock, and whoever waits for something to change there. */
export class EmulatedWorld {
  readonly #clock: () => number
  readonly #watchers = new Set<() => void>()
  #ahead = 0

  /** `clock`: unix ms. */
  constructor(clock: () => number = Date.now) {
    this.#clock = clock
  }

  /** Unix ms at the service. */
  now(): number {
    return this.#clock() + this.#ahead
  }

  /** Lets time pass at the service, and at nothing else. */
  advance(ms: number): void {
    this.#ahead += ms
    this.tick()
  }

  /** What time alone does; happens also before each request is looked at. */
  tick(): void {
    this.changed()
  }

  /** To be called after every change: tells whoever waits. */
  changed(): void {
    for (const look of [...this.#watchers]) look()
  }

  /** Resolves with what `find` gives as soon as it gives something; it is asked again after every change and every request. */
  until<T>(find: () => T | undefined | false): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        try {
          const found = find()
          if (!found) return
          this.#watchers.delete(look)
          resolve(found)
        } catch (error) {
          this.#watchers.delete(look)
          reject(error)
        }
      }
      this.#watchers.add(look)
      look()
    })
  }
}
