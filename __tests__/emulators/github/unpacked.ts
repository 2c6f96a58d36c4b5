import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** A program of the runner package that was started, and what it said. */
export interface Program {
  /** As they came through the pipes. */
  readonly chunks: readonly string[]
  /** stdout and stderr in the order they came, line by line. */
  lines(): readonly string[]
  /** Resolves with the first line, said already or yet to come, that matches; rejects when the program ends without it. */
  line(pattern: RegExp): Promise<string>
  /** Exit code, or 128 and the number of the signal. */
  readonly ended: Promise<number>
  /** To the program and everything it started. */
  signal(name: NodeJS.Signals): void
}

/** The runner package in a folder of its own, with a host around it that has only what a test puts there. */
export class Unpacked {
  readonly root: string
  readonly #bin: string
  readonly #started: ChildProcess[] = []

  constructor(archive: { readonly bytes: Buffer }) {
    const folder = mkdtempSync(join(tmpdir(), 'cml-runner-package-'))
    this.root = join(folder, 'actions-runner')
    this.#bin = join(folder, 'bin')
    for (const path of [this.root, this.#bin]) mkdirSync(path)
    execFileSync('tar', ['-xzf', '-', '-C', this.root], { input: archive.bytes })
    // Whoever runs the tests: these programs see an ordinary user.
    this.command('id', 'echo 1000')
  }

  /** Puts a command first on the PATH. */
  command(name: string, script: string): void {
    writeFileSync(join(this.#bin, name), `#!/bin/bash\n${script}\n`)
    chmodSync(join(this.#bin, name), 0o755)
  }

  /** Path below the package's folder. */
  path(...parts: readonly string[]): string {
    return join(this.root, ...parts)
  }

  file(...parts: readonly string[]): string {
    return readFileSync(this.path(...parts), 'utf8')
  }

  start(program: string, words: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Program {
    const path = [this.#bin, process.env['PATH'] ?? '/usr/bin:/bin'].join(delimiter)
    const child = spawn(this.path(program), words, {
      cwd: this.root,
      env: { HOME: this.root, PATH: path, LANG: 'C.UTF-8', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    this.#started.push(child)
    return watch(child)
  }

  /** Runs a program to its end. */
  async run(
    program: string,
    words: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly code: number; readonly text: string }> {
    const started = this.start(program, words, env)
    const code = await started.ended
    return { code, text: started.lines().join('\n') }
  }

  /** Ids of living processes that belong to this folder, by their command line. */
  processes(name = ''): readonly number[] {
    return readdirSync('/proc')
      .map(Number)
      .filter(
        (pid) => Number.isInteger(pid) && commandOf(pid).includes(this.root) && commandOf(pid).includes(name),
      )
  }

  /** The machine is gone from one moment to the next. */
  vanish(): void {
    for (const child of this.#started) kill(-(child.pid ?? 0))
    for (const pid of this.processes()) kill(pid)
  }

  async remove(): Promise<void> {
    this.vanish()
    await Promise.all(this.#started.map((child) => ended(child)))
    rmSync(join(this.root, '..'), { recursive: true, force: true, maxRetries: 5 })
  }
}

function watch(child: ChildProcess): Program {
  const chunks: string[] = []
  const lines = (): readonly string[] => chunks.join('').split('\n').slice(0, -1)
  const watchers = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      chunks.push(chunk)
      for (const look of [...watchers]) look()
    })
  }
  const end = ended(child)
  return {
    chunks,
    lines,
    ended: end,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): boolean => {
          const found = lines().find((line) => pattern.test(line))
          if (found !== undefined) resolve(found)
          if (found !== undefined) watchers.delete(look)
          return found !== undefined
        }
        watchers.add(look)
        if (!look())
          void end.then(
            (code) =>
              look() || reject(new Error(`ended with ${code} without ${pattern}:\n${lines().join('\n')}`)),
          )
      }),
    signal: (name) => void kill(-(child.pid ?? 0), name),
  }
}

function ended(child: ChildProcess): Promise<number> {
  const code = (): number | undefined => child.exitCode ?? (child.signalCode ? 128 : undefined)
  const known = code()
  if (known !== undefined && child.stdout?.readableEnded) return Promise.resolve(known)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => resolve(code() ?? 128))
  })
}

function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    if (pid !== 0) process.kill(pid, signal)
  } catch {
    // It has ended already.
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
