import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { dirname, join, resolve } from 'node:path'
import { Container } from './container.ts'
import type { Result } from './dispatcher.ts'
import { endTracked } from './processes.ts'
import { call, reasonOf } from './service.ts'
import { aboutPackage, root, type Settings } from './settings.ts'
import { runScript, type Script } from './script.ts'

export interface StepOrder {
  readonly id?: string
  readonly name?: string
  readonly run: string
  readonly shell?: string
  readonly env?: Readonly<Record<string, string>>
  /** `always()`: also after a failure or a cancellation. */
  readonly always?: boolean
}

/** The whole job, as the service gives it to the worker. */
export interface JobOrder {
  readonly id: number
  readonly name: string
  readonly repository: string
  readonly steps: readonly StepOrder[]
  /** `GITHUB_*` variables that the service decides on. */
  readonly variables: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  readonly container?: string
  /** Actions to fetch before anything of the job runs. */
  readonly actions: readonly string[]
  /** What goes wrong, on purpose. */
  readonly trouble?: 'worker-killed' | 'worker-hangs'
}

/** One job from set-up to result. Every line also goes to the job's log at the service. */
export class Job {
  readonly #order: JobOrder
  readonly #settings: Settings
  readonly #authorization: string
  readonly #tracking = `github_${randomUUID()}`
  readonly #work: string
  readonly #workspace: string
  readonly #stop = new AbortController()
  #failed = false
  #cancelled = false
  #expectsCancel = false
  #unsent = ''
  #log: Promise<unknown> = Promise.resolve()
  #env: NodeJS.ProcessEnv
  #container: Container | undefined

  constructor(order: JobOrder, settings: Settings, authorization: string) {
    this.#order = order
    this.#settings = settings
    this.#authorization = authorization
    this.#work = resolve(root, settings.workFolder)
    const repository = order.repository.split('/').at(-1) ?? 'repository'
    this.#workspace = join(this.#work, repository, repository)
    this.#env = this.#environment()
  }

  cancel(reason: 'user' | 'shutdown'): void {
    this.#cancelled = true
    this.#say(
      reason === 'shutdown'
        ? '##[error]The runner has received a shutdown signal. This can happen when the runner service is stopped, or a manually started runner is canceled.'
        : '##[error]The operation was canceled.',
    )
    this.#stop.abort()
  }

  /** The listener is about to cancel: what fails until then fails because of that. */
  expectCancel(): void {
    this.#expectsCancel = true
  }

  async abandon(): Promise<void> {
    this.#stop.abort()
    await endTracked(this.#tracking)
  }

  async run(): Promise<Result> {
    this.#say(`Current runner version: '${aboutPackage().version}'`)
    this.#say(`Runner name: '${this.#settings.agentName}'`)
    this.#say(`Machine name: '${process.env['HOSTNAME'] ?? 'machine'}'`)
    try {
      await this.#setUp()
      await this.#steps()
      await this.#container?.remove()
      await this.#hook('ACTIONS_RUNNER_HOOK_JOB_COMPLETED', 'Complete runner')
    } catch (error) {
      this.#fail(reasonOf(error))
    }
    await endTracked(this.#tracking)
    const result: Result = this.#cancelled ? 'Canceled' : this.#failed ? 'Failed' : 'Succeeded'
    await this.#log
    await this.#tell('finish', { result })
    if (this.#order.trouble === 'worker-hangs') await new Promise(() => setInterval(() => undefined, 60_000))
    return result
  }

  async #setUp(): Promise<void> {
    for (const folder of [
      this.#workspace,
      join(this.#work, '_temp'),
      join(this.#work, '_actions'),
      join(this.#work, '_tool'),
    ])
      mkdirSync(folder, { recursive: true })
    rmSync(join(this.#work, '_temp'), { recursive: true, force: true })
    mkdirSync(join(this.#work, '_temp', '_github_workflow'), { recursive: true })
    writeFileSync(join(this.#work, '_temp', '_github_workflow', 'event.json'), '{}')
    for (const action of this.#order.actions) {
      this.#say(`Download action repository '${action}'`)
      mkdirSync(join(this.#work, '_actions', ...action.split('@')), { recursive: true })
    }
    // The service answers when the downloads are done, so that a test decides how long they take.
    if (this.#order.actions.length > 0) await this.#tell('downloads', {})
    await this.#hook('ACTIONS_RUNNER_HOOK_JOB_STARTED', 'Set up runner')
    if (this.#order.container && !this.#failed) {
      this.#container = new Container(this.#order.container, {
        work: this.#work,
        workspace: this.#workspace,
        say: (line) => this.#say(line),
      })
      await this.#container.start()
    }
  }

  async #steps(): Promise<void> {
    for (const [index, step] of this.#order.steps.entries()) {
      const name = step.name ?? `Run ${step.run.split('\n')[0]}`
      const id = step.id ?? `__run${index === 0 ? '' : `_${index + 1}`}`
      if ((this.#failed || this.#cancelled) && !step.always) {
        await this.#tell('step', { index, name, id, conclusion: 'skipped', outputs: {} })
        continue
      }
      await this.#tell('step', { index, name, id })
      const outcome = await this.#script(
        { name, id, run: step.run, shell: step.shell ?? 'bash -e {0}', env: step.env ?? {} },
        step.always ? undefined : this.#stop.signal,
      )
      if (outcome.code !== 0 && this.#expectsCancel) await this.#cancelOrTimeout()
      if (outcome.code !== 0 && !this.#cancelled)
        this.#fail(`Process completed with exit code ${outcome.code}.`)
      await this.#log
      await this.#tell('step', {
        index,
        name,
        id,
        conclusion: outcome.code === 0 ? 'success' : this.#cancelled ? 'cancelled' : 'failure',
        outputs: outcome.outputs,
      })
      // What the kernel does when memory runs out.
      if (this.#order.trouble === 'worker-killed') process.kill(process.pid, 'SIGKILL')
    }
  }

  async #cancelOrTimeout(): Promise<void> {
    const timeout = new Promise((resolve) => setTimeout(resolve, 5000).unref())
    const cancelled = new Promise((resolve) => this.#stop.signal.addEventListener('abort', resolve))
    if (!this.#cancelled) await Promise.race([cancelled, timeout])
  }

  /** `bash -e` outside any container; a failure fails the job; no time limit. */
  async #hook(variable: string, name: string): Promise<void> {
    const path = process.env[variable]
    if (!path) return
    this.#say(
      `##[group]A job ${variable.endsWith('STARTED') ? 'started' : 'completed'} hook has been configured by the self-hosted runner administrator`,
    )
    if (!existsSync(path)) return this.#fail(`File doesn't exist at path '${path}'`)
    const outcome = await runScript(
      this.#prepare({ name, id: '__hook', run: '', file: path, shell: 'bash -e {0}', env: {} }),
      undefined,
    )
    if (outcome.code !== 0) this.#fail(`Process completed with exit code ${outcome.code}.`)
  }

  async #script(
    script: Omit<Script, 'say' | 'temp' | 'cwd' | 'spawn'>,
    signal: AbortSignal | undefined,
  ): ReturnType<typeof runScript> {
    const outcome = await runScript(this.#prepare(script, this.#container), signal)
    Object.assign(this.#env, outcome.variables)
    if (outcome.paths.length > 0)
      this.#env['PATH'] = [...outcome.paths.toReversed(), this.#env['PATH']].join(':')
    return outcome
  }

  #prepare(script: Omit<Script, 'say' | 'temp' | 'cwd'>, container?: Container): Script {
    return {
      ...script,
      temp: join(this.#work, '_temp'),
      cwd: this.#workspace,
      env: { ...this.#env, ...script.env, GITHUB_ACTION: script.id },
      say: (line) => this.#say(line),
      ...(container ? { spawn: (file, env) => container.exec(file, env) } : {}),
    }
  }

  #environment(): NodeJS.ProcessEnv {
    const {
      NODE_USE_ENV_PROXY: _proxy,
      NODE_EXTRA_CA_CERTS: _authorities,
      CML_EMULATED_CA_CERTS: own,
      ...inherited
    } = process.env
    return {
      ...inherited,
      ...(own ? { NODE_EXTRA_CA_CERTS: own } : {}),
      ...this.#order.env,
      ...this.#order.variables,
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: this.#workspace,
      GITHUB_EVENT_PATH: join(this.#work, '_temp', '_github_workflow', 'event.json'),
      RUNNER_NAME: this.#settings.agentName,
      RUNNER_OS: 'Linux',
      RUNNER_ARCH: aboutPackage().architecture,
      RUNNER_ENVIRONMENT: 'self-hosted',
      RUNNER_TEMP: join(this.#work, '_temp'),
      RUNNER_TOOL_CACHE: join(this.#work, '_tool'),
      RUNNER_WORKSPACE: dirname(this.#workspace),
      RUNNER_TRACKING_ID: this.#tracking,
    }
  }

  #fail(why: string): void {
    this.#failed = true
    this.#say(`##[error]${why}`)
  }

  #say(line: string): void {
    this.#unsent += `${new Date().toISOString()} ${line}\n`
    this.#log = this.#log.then(async () => {
      const text = this.#unsent
      this.#unsent = ''
      if (text) await this.#tell('log', { text })
    })
  }

  #tell(what: string, body: unknown): Promise<unknown> {
    const url = `${this.#settings.serverUrl}/jobs/${this.#order.id}/${what}`
    return call(url, { method: 'POST', authorization: this.#authorization, body }).catch(() => undefined)
  }
}
