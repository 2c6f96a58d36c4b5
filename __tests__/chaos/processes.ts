import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cancelPauses } from '../emulators/action-runner.ts'
import type { End } from './rig.ts'
import type { Piece } from './secrets.ts'
import type { StoryClock } from './story-clock.ts'

export type Signal = 'SIGINT' | 'SIGKILL'

/** The product's processes of one story: what they were called with, how they are told to end, and how long they take to. */
export class Processes {
  readonly #clock: StoryClock
  readonly #arguments = new Set<string>()
  readonly #running = new Set<ChildProcess>()
  #current: ChildProcess | undefined
  #onNext: (() => void) | undefined
  /** Real ms from the first signal to the end; the longest. */
  slowestDeath = 0
  /** Somebody has sent a signal. */
  told: Signal | undefined

  constructor(clock: StoryClock) {
    this.#clock = clock
  }

  watch = (child: ChildProcess): void => {
    this.#current = child
    this.#running.add(child)
    this.#onNext?.()
    this.#onNext = undefined
    const sampling = setInterval(() => this.#sample(child.pid), 60)
    child.once('exit', () => {
      clearInterval(sampling)
      this.#running.delete(child)
    })
  }

  /** A story that is given up must not leave anything running. */
  killAll(): void {
    for (const child of this.#running) child.kill('SIGKILL')
  }

  /** Called when the next process is there. */
  next(act: () => void): void {
    this.#onNext = act
  }

  /** The kernel's kill, or the cancel of a job: SIGINT, SIGTERM and SIGKILL in the runner's pauses. */
  strike(signal: Signal): void {
    const child = this.#current
    if (!child || child.exitCode !== null || child.signalCode !== null || this.told) return
    this.told = signal
    const began = performance.now()
    const undo: (() => void)[] = []
    child.once('exit', () => {
      for (const take of undo) take()
      if (signal === 'SIGINT') this.slowestDeath = Math.max(this.slowestDeath, performance.now() - began)
    })
    child.kill(signal)
    if (signal === 'SIGKILL') return
    const { terminate, kill } = cancelPauses
    undo.push(this.#clock.after(terminate, () => void child.kill('SIGTERM')))
    undo.push(this.#clock.after(terminate + kill, () => void child.kill('SIGKILL')))
  }

  /** Of this process and those that it has started. */
  #sample(pid: number | undefined): void {
    if (pid === undefined) return
    try {
      this.#arguments.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      for (const child of children.split(' ').filter(Boolean)) this.#sample(Number(child))
    } catch {
      // It has ended.
    }
  }

  pieces(): readonly Piece[] {
    return [...this.#arguments].map((text) => ({ place: 'arguments', text }))
  }
}

export interface CommandOptions {
  readonly dist: string
  readonly argv: readonly string[]
  readonly home: string
  readonly variables: Readonly<Record<string, string>>
  readonly onSpawn: (child: ChildProcess) => void
}

/** `cml-runner …`, with an environment of its own save what finds programs. */
export async function runCommandLine({
  dist,
  argv,
  home,
  variables,
  onSpawn,
}: CommandOptions): Promise<End & { readonly pieces: readonly Piece[] }> {
  const child = spawn(process.execPath, [join(dist, 'cli.js'), ...argv], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onSpawn(child)
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => void (texts[name] += chunk))
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  const pieces: Piece[] = [
    { place: 'log', text: texts.stderr },
    { place: 'outputs', text: texts.stdout },
  ]
  return { exitCode, signal, log: `${texts.stderr}${texts.stdout}`, outputs: outputsIn(texts.stdout), pieces }
}

/** The line of JSON, when it was written to its end. */
function outputsIn(stdout: string): End['outputs'] {
  const line = stdout.split('\n').find((text) => /^\{.*\}$/.test(text))
  return line === undefined ? {} : (JSON.parse(line) as End['outputs'])
}

/** Options as flags. A secret is never one of them. */
export function flagsOf(inputs: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(inputs).map(([name, value]) => `--${name}=${value}`)
}

/** Everything that was left in a folder. */
export function filesIn(folder: string): readonly Piece[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => ({ place: 'file', text: readFileSync(join(entry.parentPath, entry.name), 'utf8') }))
}
