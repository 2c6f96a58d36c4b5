import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { forgeSides, type ForgeName } from '../sides/sides.ts'
import type { GithubEmulator, GithubOptions } from '../emulators/github/github.ts'
import type { GitlabEmulator, GitlabOptions } from '../emulators/gitlab/gitlab.ts'

/** The committed doors, or those of a build of one's own. */
export const dist = process.env.CML_RUNNER_DIST ?? join(dirname(fileURLToPath(import.meta.url)), '../../dist')

/** A runner on this machine, as a person started it. */
export interface Started {
  readonly pid: number
  /** stderr so far. */
  log(): string
  stdout(): string
  /** Resolves once the log matches; rejects when the process ends without it. */
  said(pattern: RegExp): Promise<string>
  signal(name: NodeJS.Signals): void
  /** Exit code, or the signal's name. */
  readonly ended: Promise<number | string>
}

export interface Box<F extends ForgeName = ForgeName> {
  readonly forge: F
  readonly emulator: F extends 'github' ? GithubEmulator : GitlabEmulator
  readonly home: string
  readonly token: string
  readonly repo: string
  readonly variables: Readonly<Record<string, string>>
  /** `cml-runner --repo … --token … ARGV`. */
  start(argv?: readonly string[], env?: Readonly<Record<string, string>>): Started
  /** The same without repository and token. */
  command(argv: readonly string[], env?: Readonly<Record<string, string>>): Started
  /** Processes that belong to this box, by their command line. */
  processes(): readonly number[]
  close(): Promise<void>
}

/** A machine of one's own: a home folder on this computer, and an emulated forge. */
export async function openBox<F extends ForgeName>(
  forge: F,
  options: F extends 'github' ? GithubOptions : GitlabOptions = {},
): Promise<Box<F>> {
  const home = mkdtempSync(join(tmpdir(), 'cml-runner-box-'))
  const opened = await forgeSides[forge].open(options)
  const variables: Readonly<Record<string, string>> = opened.variables
  const emulator = opened.emulator as unknown as GithubEmulator | GitlabEmulator
  const children: ChildProcess[] = []
  const repo = forge === 'github' ? `${emulator.url}/octo-org/octo-repo` : String(variables.CI_PROJECT_URL)
  const { GITHUB_SERVER_URL, GITHUB_API_URL, CML_GITLAB_RUNNER_DOWNLOADS, CML_NODE_DOWNLOADS } = variables
  const around = Object.fromEntries(
    Object.entries({
      GITHUB_SERVER_URL,
      GITHUB_API_URL,
      CML_GITLAB_RUNNER_DOWNLOADS,
      CML_NODE_DOWNLOADS,
    }).filter(([, value]) => value !== undefined),
  ) as Record<string, string>
  const command: Box['command'] = (argv, env = {}) => {
    const child = spawn(process.execPath, [join(dist, 'cli.js'), ...argv], {
      cwd: home,
      env: { PATH: process.env.PATH, HOME: home, ...around, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    children.push(child)
    return follow(child)
  }
  const token = emulator.token()
  return {
    forge,
    emulator: emulator as Box<F>['emulator'],
    home,
    token,
    repo,
    variables: around,
    command,
    start: (argv = [], env) => command([`--driver=${forge}`, '--repo', repo, '--token', token, ...argv], env),
    processes: () => processesOf(home),
    async close() {
      for (const child of children) child.kill('SIGKILL')
      for (const pid of processesOf(home)) kill(pid)
      await emulator.close()
      rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function follow(child: ChildProcess): Started {
  const texts = { stdout: '', stderr: '' }
  const watchers = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const)
    child[name]!.setEncoding('utf8').on('data', (chunk: string) => {
      texts[name] += chunk
      for (const look of [...watchers]) look()
    })
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code ?? signal ?? ''))
  })
  return {
    pid: child.pid!,
    log: () => texts.stderr,
    stdout: () => texts.stdout,
    ended,
    signal: (name) => void child.kill(name),
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): boolean => {
          const found = pattern.exec(texts.stderr)
          if (found) resolve(found[0])
          if (found) watchers.delete(look)
          return found !== null
        }
        watchers.add(look)
        if (!look())
          void ended.then(
            (code) => look() || reject(new Error(`ended with ${code} without ${pattern}:\n${texts.stderr}`)),
          )
      }),
  }
}

function processesOf(folder: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 0 && pid !== process.pid && textOf(pid).includes(folder))
}

function textOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}
