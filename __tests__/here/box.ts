import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { leaksOfProcesses, leaksOfTraces } from './hygiene.ts'
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
  /** The same of stdout: on a terminal all is there. */
  shown(pattern: RegExp): Promise<string>
  /** At its terminal. */
  type(text: string): void
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
  start(argv?: readonly string[], env?: Readonly<Record<string, string>>, within?: readonly string[]): Started
  /** The same without repository and token. */
  command(
    argv: readonly string[],
    env?: Readonly<Record<string, string>>,
    within?: readonly string[],
  ): Started
  /** Processes that belong to this box, by their command line. */
  processes(): readonly number[]
  /** Those of them that are the forge's. */
  programs(): readonly number[]
  /** Names at the forge. */
  runners(): readonly string[]
  /** Somebody takes all registrations away. */
  loseRegistrations(): void
  /** The forge takes three seconds, and not thirty, to see that a program is gone which had no request under way. */
  noticeSoon(): void
  /** Where a secret could be read while this box was at work, or can be now: sentences. */
  leaks(): readonly string[]
  /** What is fetched is not what its publisher says. */
  tamper(): void
  close(): Promise<void>
}

/** What its runner of that number keeps. */
export const homeOf = ({ home, forge }: Box, number = 1): string =>
  join(home, '.cml-runner', `${forge}-${number}`)

/** A machine of one's own: a home folder on this computer, and an emulated forge. */
export async function openBox<F extends ForgeName>(
  forge: F,
  options: F extends 'github' ? GithubOptions : GitlabOptions = {},
  doors = dist,
): Promise<Box<F>> {
  const home = mkdtempSync(join(tmpdir(), 'cml-runner-box-'))
  const opened = await forgeSides[forge].open(options)
  const variables: Readonly<Record<string, string>> = opened.variables
  const emulator = opened.emulator as unknown as GithubEmulator | GitlabEmulator
  const children: ChildProcess[] = []
  const started: Started[] = []
  const leaks = new Set<string>()
  const looked = (): void =>
    leaksOfProcesses({ home, token, emulator }, started).forEach((leak) => leaks.add(leak))
  const token = emulator.token()
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
  const command: Box['command'] = (argv, env = {}, within = []) => {
    const [program = '', ...words] = [...within, process.execPath, join(doors, 'cli.js'), ...argv]
    const child = spawn(program, words, {
      cwd: home,
      env: { PATH: process.env.PATH, HOME: home, ...around, ...env },
      stdio: [within.length > 0 ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    })
    children.push(child)
    const one = follow(child, looked)
    started.push(one)
    return one
  }
  return {
    forge,
    emulator: emulator as Box<F>['emulator'],
    home,
    token,
    repo,
    variables: around,
    command,
    start: (argv = [], env, within) =>
      command([`--driver=${forge}`, '--repo', repo, '--token', token, ...argv], env, within),
    processes: () => processesOf(home),
    programs: () => processesOf(home).filter((pid) => !textOf(pid).includes('cml-runner-guard')),
    runners: () => emulator.runners().map(({ name }) => name),
    loseRegistrations: () => emulator.runners().forEach(({ name }) => emulator.deleteRunner(name)),
    noticeSoon: () => void ('pollWithin' in emulator.dials && (emulator.dials.pollWithin = 3_000)),
    leaks: () => {
      looked()
      return [...leaks, ...leaksOfTraces({ home, token, emulator }, started)]
    },
    tamper: () =>
      void (emulator.fault = ({ path }: { readonly path: string }) =>
        /\/releases\/download\/|gitlab-runner-linux/.test(path)
          ? { status: 200, body: 'something else' }
          : undefined),
    async close() {
      for (const child of children) child.kill('SIGKILL')
      for (const pid of processesOf(home)) kill(pid)
      await emulator.close()
      rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** A job as both forges have it. */
export interface PlainJob {
  readonly completed: Promise<unknown>
  readonly succeeded: boolean
  waits(): boolean
  runnerName(): string | undefined
  text(): string
}

/** A job that asks for runners with a label. */
export function jobOf(box: Box, label: string, script: string): PlainJob {
  if (isGithub(box)) {
    const job = box.emulator.queueJob({
      name: 'train',
      labels: ['self-hosted', label],
      steps: [{ run: script }],
    })
    return {
      completed: job.completed,
      get succeeded() {
        return job.conclusion === 'success'
      },
      waits: () => job.status === 'queued',
      runnerName: () => job.runnerName,
      text: () => job.log,
    }
  }
  const job = (box.emulator as GitlabEmulator).queueJob({ name: 'train', tags: [label], script: [script] })
  return {
    completed: job.completed,
    get succeeded() {
      return job.status === 'success'
    },
    waits: () => job.status === 'pending',
    runnerName: () => job.runnerName,
    text: () => job.output,
  }
}

export function isGithub(box: Box): box is Box<'github'> {
  return box.forge === 'github'
}

/** `seen`: whenever it has said what somebody waits for. */
function follow(child: ChildProcess, seen: () => void): Started {
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
  const matching = (name: 'stdout' | 'stderr', pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): boolean => {
        const found = pattern.exec(texts[name])
        if (found) {
          watchers.delete(look)
          seen()
          resolve(found[0])
        }
        return found !== null
      }
      watchers.add(look)
      if (!look())
        void ended.then(
          (code) => look() || reject(new Error(`ended with ${code} without ${pattern}:\n${texts[name]}`)),
        )
    })
  return {
    pid: child.pid!,
    log: () => texts.stderr,
    stdout: () => texts.stdout,
    ended,
    signal: (name) => void child.kill(name),
    type: (text) => void child.stdin?.write(text),
    said: (pattern) => matching('stderr', pattern),
    shown: (pattern) => matching('stdout', pattern),
  }
}

function processesOf(folder: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 0 && pid !== process.pid && textOf(pid).includes(folder))
}

/** Command lines of what still runs there. What is told that all is well needs a moment to leave. */
export async function leftRunning(box: Box): Promise<readonly string[]> {
  for (let looks = 0; looks < 100 && box.processes().length > 0; looks++)
    await new Promise((resolve) => setTimeout(resolve, 50))
  return box.processes().map(textOf)
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
