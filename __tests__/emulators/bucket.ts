/** A limit as vendors document theirs: so many at once, and so many more each second. */
export interface Limit {
  readonly size: number
  readonly perSecond: number
}

/** A token bucket. What it refuses costs nothing. */
export class Bucket {
  readonly #limit: Limit
  #left: number
  #at: number

  /** `now`: unix ms. */
  constructor(limit: Limit, now: number) {
    this.#limit = limit
    this.#left = limit.size
    this.#at = now
  }

  /** How many may be taken at this moment. */
  left(now: number): number {
    const { size, perSecond } = this.#limit
    this.#left = Math.min(size, this.#left + ((now - this.#at) / 1000) * perSecond)
    this.#at = now
    return this.#left
  }

  take(count: number, now: number): boolean {
    if (this.left(now) < count) return false
    this.#left -= count
    return true
  }
}

/** One bucket for each name. */
export class Buckets {
  readonly #limitOf: (name: string) => Limit
  readonly #all = new Map<string, Bucket>()

  constructor(limitOf: (name: string) => Limit) {
    this.#limitOf = limitOf
  }

  of(name: string, now: number): Bucket {
    const bucket = this.#all.get(name) ?? new Bucket(this.#limitOf(name), now)
    this.#all.set(name, bucket)
    return bucket
  }
}
