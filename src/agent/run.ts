import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'

import { LineSplitter } from './lines.ts'

export interface Outcome {
  /** Exit code, or the signal's name. */
  readonly status: number | string
  readonly lines: readonly string[]
}

export interface RunOptions extends SpawnOptions {
  readonly line?: (line: string) => void
  /** Lines kept for the outcome, the last ones. */
  readonly keep?: number
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

/** Runs a program to its end. Never rejects: one that cannot be started has the status of a shell, 127. */
export function run(
  command: readonly string[],
  { line, keep = 20, ...options }: RunOptions,
): Promise<Outcome> {
  const lines: string[] = []
  const running = new Promise<Outcome>((resolve, reject) => {
    const child = start(command, options, (text) => {
      lines.push(text)
      if (lines.length > keep) lines.shift()
      line?.(text)
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ status: code ?? signal ?? 'unknown', lines }))
  })
  // Some errors are thrown instead of told (no memory for a fork): a full machine must not take its agent down.
  return running.catch((error: unknown) => ({
    status: 127,
    lines: [...lines, error instanceof Error ? error.message : String(error)],
  }))
}
