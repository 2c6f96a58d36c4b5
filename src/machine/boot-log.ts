import { onOneLine } from '../lib/printable.ts'
import { milestonePattern } from './agent-config.ts'

export interface MilestoneLine {
  /** Unix seconds, the machine's clock. */
  readonly at: number
  readonly milestone: string
  readonly text: string
}

/**
 * A console that is read again and again as a whole: consoles are rings of bytes, so a reading may start later than the one before,
 * in the middle of a line or of a letter, and only its end is new. Gives each line once.
 */
export class BootLog {
  #seen: readonly string[] = []
  readonly #lines: string[] = []

  /** New whole lines since the last reading, oldest first. */
  read(console: string): readonly string[] {
    const now = console
      .split('\n')
      .slice(0, -1)
      .map((line) => harmless(line))
    const fresh = now.slice(this.#overlap(now) || beginningOf(console))
    this.#seen = now
    this.#lines.push(...fresh)
    return fresh
  }

  /** The last lines seen, for a failure's message. */
  tail(count: number): readonly string[] {
    return this.#lines.slice(-count)
  }

  /** How many lines of `now` were there at the last reading. */
  #overlap(now: readonly string[]): number {
    const seen = this.#seen
    if (seen.length === 0) return 0
    for (let start = 0; start < seen.length; start++) {
      const rest = seen.length - start
      if (rest <= now.length && isEndOf(seen[start]!, now[0]!) && sameAfter(seen, start, now)) return rest
    }
    return 0
  }
}

/** Clouds keep the last 64 KB or more of a console. */
const smallestRing = 60 * 1024

/**
 * Lines at the start of a reading that may have lost their beginning, when nothing of it was seen before: one of a machine's program may
 * be cut right behind the bar that tells a quoted line from one of ours.
 */
function beginningOf(console: string): number {
  return Buffer.byteLength(console) < smallestRing ? 0 : 1
}

/** The first line of a reading has lost its beginning when the ring was cut in it. */
function isEndOf(line: string, first: string): boolean {
  return line.endsWith(first.replace(/^\uFFFD+/, ''))
}

/** From the end: two boots begin alike. */
function sameAfter(seen: readonly string[], start: number, now: readonly string[]): boolean {
  for (let index = seen.length - 1; index > start; index--)
    if (seen[index] !== now[index - start]) return false
  return true
}

/** `##[` anywhere in a line could command a CI runner. */
function harmless(line: string): string {
  return onOneLine(line).replaceAll('##[', '## [')
}

export function milestoneOf(line: string): MilestoneLine | undefined {
  const start = line.indexOf('cml-runner ')
  // The agent quotes other programs' lines behind a bar; what they say is no word of ours.
  const match =
    start < 0 || line.slice(0, start).includes('| ') ? null : milestonePattern.exec(line.slice(start).trim())
  if (!match) return undefined
  const [, at, milestone = '', text = ''] = match
  return { at: Number(at), milestone, text }
}
