import { appendFileSync } from 'node:fs'

import type { Clock } from '../lib/clock.ts'
import { renderMilestone, type Milestone } from '../machine/agent-config.ts'

/** Longest line: serial consoles are slow, and clouds keep little of them. */
const longest = 500

/** The machine's serial console: all a person can see of a machine that nobody can log in to. */
export class Console {
  readonly #path: string
  readonly #clock: Clock

  constructor(path: string, clock: Clock) {
    this.#path = path
    this.#clock = clock
  }

  say(milestone: Milestone, text?: string): void {
    this.#write(renderMilestone(this.#clock.now() / 1000, milestone, text && printable(text)))
  }

  /** A line of another program's output, indented so that it cannot pass for one of ours. */
  quote(line: string): void {
    this.#write(`  | ${printable(line)}`)
  }

  #write(line: string): void {
    try {
      appendFileSync(this.#path, `${line}\n`)
    } catch {
      // Not every machine has a console, and no job depends on it.
    }
  }
}

/** One line without control characters: what others wrote must not steer a terminal or imitate a line. */
export function printable(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, longest)
}
