import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** `2026-01-02 03:04:05Z`: what .NET's `u` format gives. */
export function stamp(date = new Date()): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`
}

/**
 * How lines reach the pipe, which is up to buffering in reality: each in one write, each in two, or the line that announces a job held
 * back until the next line comes.
 */
export type Chunks = 'lines' | 'split' | 'merged'

/** What the official programs say to people, in their way: plain lines on stdout, errors on stderr, everything in a diagnostic log. */
export class Terminal {
  chunks: Chunks = 'lines'
  #held = ''
  #queue: Promise<void> = Promise.resolve()
  readonly #log: string

  constructor(root: string) {
    const folder = join(root, '_diag')
    mkdirSync(folder, { recursive: true })
    // .NET's console drops what nobody reads (ConsolePal.Unix.cs, Write: EPIPE).
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
    this.#log = join(folder, `Runner_${stamp().replace(/[-:Z]/g, '').replace(' ', '-')}-utc.log`)
  }

  line(text = '', hold = false): void {
    this.trace('INFO', `WRITE LINE: ${text}`)
    this.#write(`${text}\n`, hold)
  }

  success(text: string): void {
    this.#write(`√ ${text}\n`, false)
  }

  section(text: string): void {
    this.#write(`\n# ${text}\n\n`, false)
  }

  error(text: string): void {
    this.trace('ERR ', `WRITE ERROR: ${text}`)
    process.stderr.write(`${text}\n`)
  }

  /** Goes to the log, and to stdout as well when the official variable asks for it: there it repeats every terminal line. */
  trace(level: string, text: string): void {
    const line = `[RUNNER ${stamp()} ${level} Terminal] ${text}\n`
    appendFileSync(this.#log, line)
    if (process.env['ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT'] === '1') process.stdout.write(line)
  }

  /** Resolves once everything said so far is in the pipe. */
  async flush(): Promise<void> {
    if (this.#held) this.#write('', false)
    await this.#queue
  }

  #write(text: string, hold: boolean): void {
    if (this.chunks === 'merged' && hold) {
      this.#held += text
      return
    }
    const whole = this.#held + text
    this.#held = ''
    const half = this.chunks === 'split' ? Math.floor(whole.length / 2) : whole.length
    this.#queue = this.#queue.then(async () => {
      for (const part of [whole.slice(0, half), whole.slice(half)]) {
        if (!part) continue
        await new Promise<void>((resolve) => process.stdout.write(part, () => resolve()))
        // A pause long enough for the reader to see the first half alone.
        if (this.chunks === 'split') await new Promise((resolve) => setTimeout(resolve, 15))
      }
    })
  }
}
