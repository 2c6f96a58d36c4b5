import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { killTree } from '../../github/program/processes.ts'
import type { Settings } from './arguments.ts'
import type { Coordinator, Ending, JobOrder, Wish } from './coordinator.ts'
import { log, shorten } from './log.ts'

/** Why a job ends without having run to its end. */
export interface Abort {
  /** `aborted: terminated`. */
  readonly error: string
  readonly reason: string
  /** The runner's fault, not the job's. */
  readonly system: boolean
}

/** ms: Node takes no more. */
const longestTimer = 2 ** 31 - 1

/** One job: runs its steps for real, one shell each, and tells GitLab as it goes. */
export class Build {
  readonly #settings: Settings
  readonly #coordinator: Coordinator
  readonly #order: JobOrder
  readonly #since = Date.now()
  readonly #folder: string
  readonly #pace: number
  #trace = Buffer.alloc(0)
  #sent = 0
  #abort: Abort | undefined
  #child: number | undefined

  /** `pace`: ms between two pieces of the trace, unless GitLab wants them otherwise. */
  constructor(settings: Settings, coordinator: Coordinator, order: JobOrder, pace: number) {
    this.#settings = settings
    this.#coordinator = coordinator
    this.#order = order
    this.#pace = pace
    this.#folder = join(settings.buildsDir, shorten(settings.token), '0', order.job_info.project_full_path)
  }

  /** Ends what runs now. The first reason counts. */
  abort(why: Abort): void {
    this.#abort ??= why
    if (this.#child !== undefined) killTree(this.#child)
  }

  /** What the job ended with, or undefined when it succeeded. */
  async run(): Promise<string | undefined> {
    log('info', 'executor not supported', { job: this.#order.id, project: 1, referee: 'metrics', runner: '' })
    this.#say(`Running with gitlab-runner 19.4.0 (6f9d2f1b)`)
    const { name, token } = this.#settings
    this.#say(`  on ${name} ${shorten(token)}, system ID: ${this.#coordinator.systemId}`)
    const over = new AbortController()
    const telling = this.#keepTelling(over.signal)
    const { timeout } = this.#order.runner_info
    // With the same two words for one unit (common/build.go).
    const error = `execution took longer than ${timeout}s seconds`
    const late = (): void => this.abort({ error, reason: 'job_execution_timeout', system: false })
    const timer = setTimeout(late, Math.min(timeout * 1000, longestTimer))
    const ending = await this.#carryOut()
    clearTimeout(timer)
    over.abort()
    await telling
    this.#report(ending)
    await this.#finish(ending)
    return ending.error
  }

  async #carryOut(): Promise<Ending & { readonly error?: string; readonly system?: boolean }> {
    const trouble = this.#prepare()
    if (trouble) return this.#ends(trouble)
    const sources = await this.#getSources()
    if (sources !== 0 && !this.#abort)
      return this.#ends({ error: `exit status ${sources}`, reason: 'runner_system_failure', system: true })
    let failed: number | undefined
    for (const { name, script } of this.#order.steps) {
      if (name !== 'after_script' && (failed !== undefined || this.#abort)) continue
      if (name === 'after_script' && this.#abort && this.#abort.reason !== 'job_canceled') continue
      const preBuild = this.#settings.preBuild.trim()
      const before = name === 'after_script' || preBuild === '' ? '' : `${shown(preBuild)}\n`
      const code = await this.#shell(`${before}${script.map(shown).join('\n')}`)
      if (name !== 'after_script' && code !== 0) failed = code
    }
    if (this.#abort) return this.#ends(this.#abort)
    if (failed === undefined) return (this.#say('Job succeeded'), { state: 'success' })
    return {
      ...this.#ends({ error: `exit status ${failed}`, reason: 'script_failure', system: false }),
      exitCode: failed,
    }
  }

  /** The official program calls its hook only where it touches sources (shells/abstract.go, guardGetSourcesScriptHooks). */
  async #getSources(): Promise<number> {
    if (this.#variables()['GIT_STRATEGY'] === 'none') return (this.#say('Skipping Git repository setup'), 0)
    const code = await this.#shell(this.#settings.preGetSources)
    this.#say('(emulated: no sources are fetched)')
    return code
  }

  /** An emulated machine has no containers: with `docker` a job needs Docker all the same, and its trace says where it really runs. */
  #prepare(): Abort | undefined {
    mkdirSync(this.#folder, { recursive: true })
    const { executor, image } = this.#settings
    if (executor === 'shell') return (this.#say('Using Shell (bash) executor...'), undefined)
    this.#say(`Using Docker executor with image ${this.#order.image?.name ?? image} ...`)
    if (spawnSync('docker', ['version']).status === 0)
      return (this.#say('(emulated: this job runs on the machine itself)'), undefined)
    const error =
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?'
    return { error, reason: 'runner_system_failure', system: true }
  }

  #ends({ error, reason, system }: Abort): Ending & { readonly error: string; readonly system: boolean } {
    this.#say(`ERROR: Job failed${system ? ' (system failure)' : ''}: ${error}`)
    const listed = this.#order.features?.failure_reasons ?? []
    const failureReason = listed.includes(reason) ? reason : 'unknown_failure'
    return { state: 'failed', failureReason, error, system }
  }

  async #shell(text: string): Promise<number> {
    const file = join(this.#folder, `../.script-${this.#order.id}`)
    // The frame that shells/bash.go puts round a script; its last line makes a login shell execute ~/.bash_logout.
    writeFileSync(file, `set -eo pipefail\nset +o noclobber\n: | eval ${quoted(text)}\nexit 0\n`)
    const child = spawn('bash', ['--login', file], {
      cwd: this.#folder,
      // All of its own environment, as in executors/shell/shell.go.
      env: { ...process.env, ...this.#variables(), CI_PROJECT_DIR: this.#folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child.pid
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => this.#say(line))
    return new Promise((resolve) => {
      child.on('error', () => resolve(127))
      child.on('close', (code) => {
        this.#child = undefined
        resolve(code ?? 1)
      })
    })
  }

  #variables(): Readonly<Record<string, string>> {
    const own = this.#settings.variables.map((text) => [
      text.split('=', 1)[0],
      text.slice(text.indexOf('=') + 1),
    ])
    return Object.fromEntries([
      ...own,
      ...this.#order.variables.map(({ key, value }) => [key, value]),
    ]) as Record<string, string>
  }

  #say(line: string): void {
    const masked = this.#order.variables
      .filter(({ masked: hidden, value }) => hidden && value)
      .reduce((text, { value }) => text.replaceAll(value, '[MASKED]'), line)
    const stamp = new Date().toISOString().replace('Z', '000Z')
    this.#trace = Buffer.concat([this.#trace, Buffer.from(`${stamp} 00O ${masked}\n`)])
  }

  async #keepTelling(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await pause(this.#pace, over)
      if (!over.aborted) await this.#tell()
    }
  }

  async #tell(): Promise<void> {
    const { sent, wish } = await this.#coordinator.appendTrace(this.#order, this.#trace, this.#sent)
    this.#sent = sent
    this.#obey(wish)
  }

  #obey(wish: Wish): void {
    if (wish !== 'go-on') this.abort({ error: 'canceled', reason: 'job_canceled', system: false })
  }

  #report({
    error,
    failureReason,
    exitCode,
    system,
  }: Ending & { readonly error?: string; readonly system?: boolean }): void {
    const fields = {
      duration_s: (Date.now() - this.#since) / 1000,
      job: this.#order.id,
      project: 1,
      runner: '',
    }
    if (error === undefined) return log('info', 'Job succeeded', { ...fields, 'job-status': 'success' })
    const more = { error, exit_code: exitCode, failure_reason: failureReason, 'job-status': 'failed' }
    log('warning', `Job failed${system ? ' (system failure)' : ''}: ${error}`, { ...fields, ...more })
  }

  async #finish(ending: Ending): Promise<void> {
    await this.#tell()
    for (let tries = 0; tries < 10; tries++) {
      const { status, wish } = await this.#coordinator.update(this.#order, ending, this.#trace)
      if (status === 412) this.#sent = 0
      if (status === 412) await this.#tell()
      // Only what the server has taken, or wants no more of, is the end (network/trace.go).
      if (status === 200 || wish === 'abort') return
      await pause(this.#pace)
    }
  }
}

/** A line of a script, shown before it runs. */
function shown(line: string): string {
  return `echo ${quoted(`$ ${line}`)}\n${line}`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}
