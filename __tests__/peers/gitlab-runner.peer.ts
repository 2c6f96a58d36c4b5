// The real gitlab-runner, if there is one: `GITLAB_RUNNER=/path/to/gitlab-runner npm run test:peers`, or one on PATH. It is started
// by the very command that the agent starts it with, works for the emulated GitLab, and is read as the agent reads it.
// `GITLAB_RUNNER=emulated` takes the one that the other tests use: what is asked of the real one is asked of it too.
import { spawnSync, type ChildProcess } from 'node:child_process'
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'

import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'

import { ended, start } from '../../src/agent/run.ts'
import { gitlabProgram } from '../../src/forges/gitlab/runner-program.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { AgentConfig } from '../../src/machine/agent-config.ts'
import { jobWaitHook } from '../../src/machine/hooks.ts'
import * as machinePaths from '../../src/machine/paths.ts'
import type { ProgramEvent } from '../../src/machine/runner-program.ts'
import { gitlabRunner } from '../emulators/gitlab-runner/package.ts'
import { startGitlab, type Gitlab, type Job } from '../emulators/gitlab/gitlab.ts'

/** It polls every 3 s. */
jest.setTimeout(120_000)

const real = find()
const withReal = real === undefined ? describe.skip : describe
if (real === undefined)
  process.stdout.write('test:peers: there is no gitlab-runner in GITLAB_RUNNER or on PATH: skipped.\n')
else process.stdout.write(`test:peers: ${real}: ${versionOf(real)}\n`)

function find(): string | undefined {
  const { GITLAB_RUNNER: named, PATH = '' } = process.env
  if (named === 'emulated') return emulated()
  // One that was named must be there: a wrong path is no reason to skip.
  if (named) return (accessSync(named, constants.X_OK), resolve(named))
  return PATH.split(delimiter)
    .map((folder) => join(folder, 'gitlab-runner'))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

function emulated(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gitlab-runner-emulated-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'gitlab-runner')
  writeFileSync(file, gitlabRunner().bytes, { mode: 0o755 })
  return file
}

function versionOf(program: string): string {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8', timeout: 30_000 })
  return stdout.replace(/\s+/g, ' ').trim()
}

const name = 'cml-peer'

/** A running gitlab-runner, and what the agent would have heard of it. */
class Runner {
  readonly child: ChildProcess
  readonly lines: string[] = []
  readonly events: ProgramEvent[] = []
  readonly ended: Promise<number | string>
  readonly #waiting = new Set<() => void>()

  constructor(line: readonly string[], env: Readonly<Record<string, string>>, cwd: string) {
    this.child = start(line, { env: { ...env }, cwd }, (text) => this.#hear(text))
    this.ended = ended(this.child, systemClock).then((status) => {
      this.#over = true
      this.#look()
      return status
    })
  }

  #over = false

  #hear(text: string): void {
    this.lines.push(text)
    const event = gitlabProgram.read(text)
    if (event) this.events.push(event)
    this.#look()
  }

  /** How each job ended, in its first word of that: GitLab may call a job failed once more when it was told so. */
  get endings(): readonly string[] {
    const ends = this.events.filter((event) => event.kind === 'job-ended')
    return ends
      .filter((end, index) => ends.findIndex((other) => other.name === end.name) === index)
      .map((end) => `${end.name}: ${end.result}`)
  }

  #look(): void {
    for (const look of [...this.#waiting]) look()
  }

  /** Resolves with the first event of that kind; rejects when the runner ends without it. */
  heard<K extends ProgramEvent['kind']>(kind: K): Promise<Extract<ProgramEvent, { kind: K }>> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const event = this.events.find((told) => told.kind === kind)
        if (event) resolve(event as Extract<ProgramEvent, { kind: K }>)
        else if (this.#over) reject(new Error(`it ended without ${kind}:\n${this.lines.join('\n')}`))
        else return
        this.#waiting.delete(look)
      }
      this.#waiting.add(look)
      look()
    })
  }
}

withReal("the real gitlab-runner, by the agent's own command", () => {
  let gitlab: Gitlab
  let folder = ''
  let home = ''
  let runners: Runner[] = []

  beforeEach(async () => {
    gitlab = await startGitlab()
    folder = mkdtempSync(join(tmpdir(), 'gitlab-runner-peer-'))
    home = folder + machinePaths.home
    for (const path of [machinePaths.home + '/hooks', machinePaths.state, '/work', '/user'])
      mkdirSync(folder + path, { recursive: true })
    symlinkSync(real ?? '', folder + machinePaths.program)
    writeFileSync(folder + machinePaths.jobStartedHook, jobWaitHook, { mode: 0o755 })
    writeFileSync(folder + machinePaths.packagesDone, '')
  })

  afterEach(async () => {
    for (const { child } of runners) child.kill('SIGKILL')
    await Promise.all(runners.map((runner) => runner.ended))
    runners = []
    await gitlab.close()
    rmSync(folder, { recursive: true, force: true })
  })

  function run(change: Partial<AgentConfig> = {}): Runner {
    const { id, token } = gitlab.createRunner({ name, tags: ['cml'] })
    const config: AgentConfig = {
      version: 1,
      identity: 'abcdefghijklmnopqrst',
      cloud: 'nimbus',
      name,
      labels: ['cml'],
      single: false,
      idleTimeout: 300,
      expiresAt: 2_000_000_000,
      startupScript: false,
      registration: {
        forge: 'gitlab',
        kind: 'runner',
        url: gitlab.url,
        token,
        id: String(id),
        executor: 'shell',
        dockerImage: 'ubuntu:24.04',
        dockerVolumes: [],
      },
      proxy: {},
      ...change,
    }
    const place = { home, workFolder: join(folder, 'work'), docker: false, gpus: false }
    const { line, environment } = gitlabProgram.start(config, true, place)
    const env = {
      HOME: join(folder, 'user'),
      PATH: process.env['PATH'] ?? '',
      LANG: 'C.UTF-8',
      ...environment,
    }
    const runner = new Runner(line, env, join(folder, 'user'))
    runners.push(runner)
    return runner
  }

  const job = (script: readonly string[]): Job =>
    gitlab.queueJob({ name: 'train "it"', tags: ['cml'], script })
  const online = () => gitlab.until(() => gitlab.runner(name)?.connected)

  /** Resolves when the job is over; rejects when its runner has ended first. */
  const over = (queued: Job, runner: Runner): Promise<unknown> =>
    Promise.race([
      queued.completed,
      runner.ended.then(() => {
        if (queued.finishedAt === undefined) throw new Error(`it ended first:\n${runner.lines.join('\n')}`)
      }),
    ])

  it('comes online, runs a job with its log, waits in the hook, and ends gently when it is idle', async () => {
    writeFileSync(`${folder}${machinePaths.state}/returning`, '')
    const queued = job(['echo "hello from $CI_JOB_ID"', 'pwd'])
    const runner = run()
    await runner.heard('listening')
    await gitlab.until(() => queued.trace.includes('Waiting for files of the job before'))
    rmSync(`${folder}${machinePaths.state}/returning`)
    await over(queued, runner)
    expect([queued.status, queued.failureReason]).toEqual(['success', undefined])
    expect(queued.trace).toContain(`hello from ${queued.id}`)
    expect(queued.trace).toContain(join(folder, 'work/builds/'))
    await runner.heard('job-ended')
    expect(runner.events).toEqual([
      { kind: 'listening' },
      { kind: 'job-started', name: `job ${queued.id}`, title: expect.stringContaining(`job ${queued.id}`) },
      { kind: 'job-ended', name: `job ${queued.id}`, result: 'success' },
    ])
    runner.child.kill(gitlabProgram.signals.gently)
    expect(await runner.ended).toBe(0)
    expect(runner.lines.join('\n')).toContain('Requested quit, waiting for builds to finish')
  })

  it('goes on after a job that failed, and tells why it did', async () => {
    const [first, second] = [job(['exit 3']), job(['echo fine'])]
    const runner = run()
    await over(first, runner)
    await over(second, runner)
    expect([first.status, first.failureReason, first.exitCode]).toEqual(['failed', 'script_failure', 3])
    expect(second.status).toBe('success')
    runner.child.kill(gitlabProgram.signals.gently)
    expect(await runner.ended).toBe(0)
    expect(runner.endings).toEqual([`job ${first.id}: failed, script_failure`, `job ${second.id}: success`])
  })

  it('finishes the job that it has just got when it is asked to end gently, and takes no other', async () => {
    const [first, second] = [job(['echo working', 'sleep 5', 'echo done']), job(['echo never'])]
    const runner = run()
    await runner.heard('job-started')
    runner.child.kill(gitlabProgram.signals.gently)
    expect(await runner.ended).toBe(0)
    expect([first.status, second.status]).toEqual(['success', 'pending'])
    expect(runner.endings).toEqual([`job ${first.id}: success`])
  })

  it('of a single machine ends after one job', async () => {
    const [first, second] = [job(['echo once']), job(['echo twice'])]
    const runner = run({ single: true })
    expect(await runner.ended).toBe(0)
    expect([first.status, second.status]).toEqual(['success', 'pending'])
    // It leaves its registration to the agent.
    expect(gitlab.runners()).toHaveLength(1)
  })

  it('ends a running job as interrupted on the one signal that says now', async () => {
    const queued = job(['echo working', 'sleep 60'])
    const runner = run()
    await gitlab.until(() => queued.trace.includes('working'))
    runner.child.kill(gitlabProgram.signals.now)
    expect(await runner.ended).toBe(0)
    expect([queued.status, queued.failureReason]).toEqual(['failed', 'runner_interrupted'])
    expect(runner.endings).toEqual([`job ${queued.id}: failed, runner_interrupted`])
  })

  it('calls a connection that was reset a passing trouble, asks again by itself and works on', async () => {
    const runner = run()
    await online()
    gitlab.fault = ({ path }) => {
      if (!path.endsWith('/jobs/request')) return undefined
      gitlab.fault = undefined
      return 'reset-before'
    }
    const { text } = await runner.heard('trouble')
    expect(text).toContain(`couldn't execute POST against ${gitlab.url}/api/v4/jobs/request`)
    expect(text).toMatch(/EOF|reset/)
    const queued = job(['echo still here'])
    await over(queued, runner)
    expect(queued.status).toBe('success')
    runner.child.kill(gitlabProgram.signals.now)
    expect(await runner.ended).toBe(0)
    expect(gitlab.runners()).toHaveLength(1)
  })

  it('goes on with a job whose first update was not answered', async () => {
    const queued = job(['echo working'])
    let broken = false
    gitlab.fault = ({ method }) => {
      if (method !== 'PUT' || broken) return undefined
      broken = true
      return 'reset-before'
    }
    const runner = run()
    await over(queued, runner)
    expect([broken, queued.status]).toEqual([true, 'success'])
    runner.child.kill(gitlabProgram.signals.gently)
    expect(await runner.ended).toBe(0)
    expect(runner.endings).toEqual([`job ${queued.id}: success`])
  })

  it('says that it is deaf when its runner was deleted, and still ends at once on a signal', async () => {
    const runner = run()
    await online()
    gitlab.deleteRunner(name)
    expect(await runner.heard('deaf')).toEqual({
      kind: 'deaf',
      text: 'its registration is gone',
      final: false,
    })
    expect(runner.child.exitCode).toBeNull()
    runner.child.kill(gitlabProgram.signals.now)
    expect(await runner.ended).toBe(0)
  })
})
