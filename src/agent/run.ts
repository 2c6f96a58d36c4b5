import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'

import { systemClock, type Clock } from '../lib/clock.ts'
import { LineSplitter } from './lines.ts'

/** What a program left running may hold its output open for this long after its end, ms. */
const lastWords = 5000

export interface Outcome {
  /** Exit code, or the signal's name. */
  readonly status: number | string
  readonly lines: readonly string[]
}

export interface RunOptions extends SpawnOptions {
  readonly line?: (line: string) => void
  /** Lines kept for the outcome, the last ones. */
  readonly keep?: number
  readonly clock?: Clock
}

/** Starts a program; every line of its output and errors goes to `take`. */
export function start(
  command: readonly string[],
  options: SpawnOptions,
  take: (line: string) => void,
): ChildProcess {
  const [program = '', ...rest] = command
  const child = spawn(program, rest, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) {
    const splitter = new LineSplitter(take)
    stream?.on('data', (chunk: Buffer) => splitter.push(chunk)).on('end', () => splitter.end())
  }
  return child
}

/**
 * Resolves with the status when a program has ended and its last words were read. What it left running may keep its output for
 * ever (`daemon &` in a script): nobody waits for that, but the pipe is still emptied, else that program would hang.
 */
export function ended(child: ChildProcess, clock: Clock): Promise<number | string> {
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      const closed = new AbortController()
      child.on('close', () => closed.abort())
      const tell = () => resolve(code ?? signal ?? 'unknown')
      clock.sleep(lastWords, closed.signal).then(tell, tell)
    })
  })
}

/** Runs a program to its end. Never rejects: one that cannot be started has the status of a shell, 127. */
export function run(
  command: readonly string[],
  { line, keep = 20, clock = systemClock, ...options }: RunOptions,
): Promise<Outcome> {
  const lines: string[] = []
  const running = new Promise<Outcome>((resolve, reject) => {
    const child = start(command, options, (text) => {
      lines.push(text)
      if (lines.length > keep) lines.shift()
      line?.(text)
    })
    child.on('error', reject)
    void ended(child, clock).then((status) => resolve({ status, lines: [...lines] }))
  })
  // Some errors are thrown instead of told (no memory for a fork): a full machine must not take its agent down.
  return running.catch((error: unknown) => ({
    status: 127,
    lines: [...lines, error instanceof Error ? error.message : String(error)],
  }))
}
