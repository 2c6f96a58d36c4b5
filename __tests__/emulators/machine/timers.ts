import { parseCalendar, type Unit } from './unit-file.ts'

interface Timer {
  readonly unit: Unit
  readonly at: number
  handle: NodeJS.Timeout
}

/** setTimeout takes no more. */
const longestWait = 2 ** 31 - 1

/** systemd's timers: they really run, on a clock that a test may put forward. */
export class Timers {
  readonly #elapsed: (unit: Unit) => void
  readonly #running = new Map<string, Timer>()
  #skew = 0

  constructor(elapsed: (unit: Unit) => void) {
    this.#elapsed = elapsed
  }

  get names(): readonly string[] {
    return [...this.#running.keys()]
  }

  now(): number {
    return Date.now() + this.#skew
  }

  /** What is due by then has elapsed when this returns. */
  skip(seconds: number): void {
    this.#skew += seconds * 1000
    for (const timer of [...this.#running.values()].sort((a, b) => a.at - b.at)) {
      if (timer.at <= this.now()) this.#elapse(timer)
      else this.#arm(timer)
    }
  }

  /** Lets time pass until this timer is due, and not a moment more: what is due seconds later is not due yet. */
  skipTo(name: string): void {
    const timer = this.#running.get(name)
    if (!timer) throw new Error(`${name} does not run`)
    this.skip((timer.at - this.now()) / 1000)
  }

  /** The earliest of its times. A date in the past never comes: that is why a fuse needs more than a date. */
  start(unit: Unit): void {
    if (this.#running.has(unit.name)) return
    const active = unit.all('Timer', 'OnActiveSec').map((seconds) => this.now() + Number(seconds) * 1000)
    const dates = unit.all('Timer', 'OnCalendar').map(parseCalendar)
    const at = Math.min(...active, ...dates.filter((date) => date > this.now()))
    if (Number.isNaN(at)) throw new Error(`${unit.name}: not a time`)
    const timer = { unit, at, handle: setTimeout(() => undefined, 0) }
    this.#running.set(unit.name, timer)
    this.#arm(timer)
  }

  /** False when it did not run. */
  stop(name: string): boolean {
    clearTimeout(this.#running.get(name)?.handle)
    return this.#running.delete(name)
  }

  stopAll(): void {
    for (const name of this.names) this.stop(name)
  }

  #arm(timer: Timer): void {
    clearTimeout(timer.handle)
    const left = timer.at - this.now()
    const ring = () => (left > longestWait ? this.#arm(timer) : this.#elapse(timer))
    timer.handle = setTimeout(ring, Math.max(0, Math.min(left, longestWait))).unref()
  }

  #elapse({ unit, handle }: Timer): void {
    clearTimeout(handle)
    this.#running.delete(unit.name)
    this.#elapsed(unit)
  }
}
