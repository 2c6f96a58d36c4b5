import { BootLog, milestoneOf, type MilestoneLine } from '../machine/boot-log.ts'

/** Milestones after which a machine has everything, and is online within seconds. */
const readied: readonly string[] = ['fetched', 'startup-script', 'registering']

/** ms for which a console may say nothing new, before and after the machine has all it needs; younger machines get less. */
const mostQuiet = { before: 10_000, after: 4_000 } as const

/** Seconds by which a machine's own time, which has no fractions, may be short in a line that is not late. */
const roughness = 1

/**
 * What a console teaches of when to ask the forge. It is believed only while it is known to be live: it has shown words of ours, showed them in time, and
 * goes on saying something. One that lags, has stopped or shows others' lines alone is no better than none. Before there can be any words its cloud may tell so.
 */
export class ConsoleWatch {
  /** The machine's last word. */
  last: MilestoneLine | undefined
  readonly #log = new BootLog()
  readonly #began: number
  #heard: number
  #before: number | undefined
  #lagging = false
  #waiting = -Infinity

  /** `began`: clock milliseconds, when the machine was made. */
  constructor(began: number) {
    this.#began = began
    this.#heard = began
  }

  /** Takes a whole reading that was begun at `asked`; gives what is new in it. */
  read(text: string, asked: number, now: number): readonly (MilestoneLine | string)[] {
    const fresh = this.#log.read(text).map((line) => milestoneOf(line) ?? line)
    const milestones = fresh.filter((line) => typeof line !== 'string')
    if (fresh.length > 0) this.#heard = now
    // A line that the reading before should have shown is late.
    const before = this.#before
    if (milestones.length > 0)
      this.#lagging = before !== undefined && milestones.some(({ at }) => (at + roughness) * 1000 < before)
    this.last = milestones.at(-1) ?? this.last
    this.#before = asked
    return fresh
  }

  /** Its cloud has told that what is to run there had not begun at `asked`, clock milliseconds. */
  noteWaiting(asked: number): void {
    this.#waiting = asked
  }

  get lagging(): boolean {
    return this.#lagging
  }

  get hot(): boolean {
    return this.last !== undefined && (readied.includes(this.last.milestone) || this.isRegistered)
  }

  get isRegistered(): boolean {
    return this.last?.milestone === 'registered' || this.last?.milestone === 'listening'
  }

  /** Clock milliseconds until which its silence means that nothing has happened; the past for one that is not believed. */
  believedUntil(spacing: number): number {
    // What has not begun is online some seconds later at the earliest, and each reading tells it anew.
    return Math.max(this.#waiting + 2 * spacing, this.#believedUntil(spacing))
  }

  #believedUntil(spacing: number): number {
    if (!this.last || this.#lagging) return -Infinity
    const age = this.#heard - this.#began
    const quiet = this.hot ? Math.min(mostQuiet.after, age / 4) : Math.min(mostQuiet.before, age / 2)
    // It must have had the chance to say something.
    return this.#heard + Math.max(quiet, 1.1 * spacing)
  }

  tail(count: number): readonly string[] {
    return this.#log.tail(count)
  }
}
