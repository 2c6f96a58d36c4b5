import { closeSync, constants, openSync, writeSync } from 'node:fs'

import type { Clock } from '../lib/clock.ts'
import { onOneLine } from '../lib/printable.ts'
import { renderMilestone, type Milestone } from '../machine/agent-config.ts'
import type { Words } from './footing.ts'

/** Longest line: serial consoles are slow, and clouds keep little of them. */
const longest = 500
/** Lines that may wait for a console that takes none; more are dropped. Others' words leave room for ours. */
const mostQuotes = 500
const mostWaiting = 1000
/** ms until a console that takes nothing is asked again. */
const retryPause = 100

/**
 * Never waits for the console: a terminal that was told to stop (XOFF) takes nothing until somebody lets it go on, and an agent
 * that hangs there does not beat. Not by the thread pool either, whose threads hold up the process's end while they hang.
 */
const flags =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOCTTY | constants.O_NONBLOCK

/** The machine's serial console: all a person can see of a machine that nobody can log in to. */
export class Console {
  readonly #path: string
  readonly #clock: Clock
  /** Open as long as it works: closing a serial line may wait for it to be drained. */
  #file: number | undefined
  #waiting: Buffer[] = []
  #dropped = 0
  #draining: Promise<void> | undefined

  constructor(path: string, clock: Clock) {
    this.#path = path
    this.#clock = clock
  }

  say(milestone: Milestone, text?: string): void {
    this.#write(renderMilestone(this.#clock.now() / 1000, milestone, text && quotable(text)), mostWaiting)
  }

  /** A line of another program's output, indented so that it cannot pass for one of ours. */
  quote(line: string): void {
    this.#write(`  | ${quotable(line)}`, mostQuotes)
  }

  /** Resolves when all is written, or after `within` ms: the last words before an end that nothing may hold up. */
  async flush(within: number): Promise<void> {
    const enough = new AbortController()
    const bound = this.#clock.sleep(within, enough.signal).catch(() => undefined)
    await Promise.race([this.#draining, bound])
    enough.abort()
  }

  #write(line: string, most: number): void {
    if (this.#waiting.length >= most) return void this.#dropped++
    this.#waiting.push(Buffer.from(`${line}\n`))
    if (!this.#draining && !this.#drain())
      this.#draining = this.#keepDraining().finally(() => (this.#draining = undefined))
  }

  async #keepDraining(): Promise<void> {
    do await this.#clock.sleep(retryPause)
    while (!this.#drain())
  }

  /** Writes what waits, in order. False when the console takes no more for now. */
  #drain(): boolean {
    for (let next = this.#next(); next; next = this.#next()) {
      const taken = this.#take(next)
      this.#waiting[0] = next.subarray(taken)
      if (taken === next.length) this.#waiting.shift()
      else return false
    }
    return true
  }

  #next(): Buffer | undefined {
    if (this.#waiting.length === 0 && this.#dropped > 0) {
      this.#waiting.push(Buffer.from(`  | (${this.#dropped} lines were dropped: the console was too slow)\n`))
      this.#dropped = 0
    }
    return this.#waiting[0]
  }

  /**
   * Bytes that the console took. Not every machine has one, and no job depends on it: then it takes all. A terminal that was hung up
   * takes nothing more by what was opened before, and all by what is opened anew: systemd hangs up the one that a login program had
   * (TTYVHangup), at a shutdown too.
   */
  #take(bytes: Buffer): number {
    const kept = this.#file !== undefined
    try {
      this.#file ??= openSync(this.#path, flags)
      return writeSync(this.#file, bytes)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0
      this.#close()
      return kept ? this.#take(bytes) : bytes.length
    }
  }

  #close(): void {
    try {
      if (this.#file !== undefined) closeSync(this.#file)
    } catch {
      // It is gone already.
    }
    this.#file = undefined
  }
}

/** How much of a long output is shown: a console of 115 200 bits a second is slow, and of its text clouds keep 64 KB. */
const firstLines = 200
const lastLines = 20

/** Quotes the first lines of a program's output as they come, and its last ones when it has ended: they tell why. */
export class Excerpt {
  readonly #words: Pick<Words, 'quote'>
  readonly #tail: string[] = []
  #seen = 0
  #ended = false

  constructor(words: Pick<Words, 'quote'>) {
    this.#words = words
  }

  line(line: string): void {
    if (this.#ended) return
    if (++this.#seen <= firstLines) return this.#words.quote(line)
    this.#tail.push(line)
    if (this.#tail.length > lastLines) this.#tail.shift()
  }

  end(): void {
    this.#ended = true
    const left = this.#seen - firstLines - this.#tail.length
    if (left > 0) this.#words.quote(`(${left} lines are left out here; the journal of this machine has them)`)
    for (const line of this.#tail) this.#words.quote(line)
  }
}

/** What others wrote must not imitate a line of ours. */
export function quotable(text: string): string {
  return onOneLine(text).trim().slice(0, longest)
}
