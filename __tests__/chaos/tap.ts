import type { Call, FaultKind, Tap } from './rig.ts'
import type { StoryClock } from './story-clock.ts'

/** When a process is told to end, seen from the request that it has just sent. */
export type Moment =
  /** It never arrives. */
  | 'before'
  /** It is done, and nobody hears so. */
  | 'after'
  /** It is done some time later, when its sender has long gone. */
  | 'late'

/** What happens to a request. */
export interface Event {
  readonly fault?: FaultKind
  readonly crash?: Moment
  /** What somebody else does while it is on its way. */
  readonly meanwhile?: () => Promise<void>
  /** Milliseconds that it takes longer. */
  readonly delay?: number
}

/** How long a request may be under way after its sender has gone, ms of the story. */
const late = 3_000

/**
 * Between one process of the product and both emulators: counts its requests by name, and does to them what the plan says. Without a plan
 * requests pass, uncounted.
 */
export class StoryTap implements Tap {
  readonly #clock: StoryClock
  readonly #arrivals: Promise<void>[] = []
  readonly #events = new Map<Call, Event>()
  #plan: ((point: string, call: Call) => Event | undefined) | undefined
  #crash: () => void = () => undefined
  #counts = new Map<string, number>()
  /** Every request since `begin`, as `name#1`. */
  points: string[] = []
  /** Those of them that change nothing. */
  readonly reads = new Set<string>()
  /** Somebody else is at work: requests are not those of the process that is tried, or not in its way. */
  #aside = false
  /** Something of the plan has happened. */
  struck = false

  constructor(clock: StoryClock) {
    this.#clock = clock
  }

  begin(plan: (point: string, call: Call) => Event | undefined, crash: () => void): void {
    this.#plan = plan
    this.#crash = crash
    this.#counts = new Map()
    this.points = []
    this.reads.clear()
    this.struck = false
  }

  end(): void {
    this.#plan = undefined
  }

  hold(call: Call): Promise<void> | undefined {
    if (!this.#plan || this.#aside) return undefined
    const count = (this.#counts.get(call.name) ?? 0) + 1
    this.#counts.set(call.name, count)
    const point = `${call.name}#${count}`
    this.points.push(point)
    if (call.reads) this.reads.add(point)
    const event = this.#plan(point, call)
    if (!event) return undefined
    this.struck ||= event.fault !== undefined || event.crash !== undefined || event.meanwhile !== undefined
    if (event.meanwhile) return this.#let(event.meanwhile)
    this.#events.set(call, event)
    if (event.crash === 'late') {
      this.#crash()
      this.#arrivals.push(this.#clock.sleep(late))
      return this.#arrivals.at(-1)
    }
    return event.delay === undefined ? undefined : this.#clock.sleep(event.delay)
  }

  async #let(act: () => Promise<void>): Promise<void> {
    this.#aside = true
    await act().finally(() => (this.#aside = false))
  }

  /** Nothing is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#arrivals)
    await this.#clock.sleep(1_000)
  }

  fault(call: Call): FaultKind | 'unheard' | undefined {
    const event = this.#events.get(call)
    this.#events.delete(call)
    if (event?.crash === undefined) return event?.fault
    if (event.crash !== 'late') this.#crash()
    return event.crash === 'before' ? 'reset-before' : 'unheard'
  }
}
