import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { call } from './service.ts'
import { root, type Settings } from './settings.ts'
import { stamp, type Terminal } from './terminal.ts'

/** A job as the listener first hears of it. */
export interface JobMessage {
  readonly id: number
  readonly name: string
}

export type Result = 'Succeeded' | 'Failed' | 'Canceled'

/** What the worker is told on its pipe; the first line is the job. */
export type WorkerMessage =
  | {
      readonly type: 'job'
      readonly job: unknown
      readonly settings: Settings
      readonly authorization: string
    }
  | { readonly type: 'cancel'; readonly reason: 'user' | 'shutdown' }

/** Official exit codes of the worker: 100 and the number of the result. Anything else is a crash. */
const results: Readonly<Record<number, Result>> = { 100: 'Succeeded', 102: 'Failed', 103: 'Canceled' }

/** Runs each job in a worker process of its own. */
export class Dispatcher {
  started = 0
  finished = 0
  #current:
    | { readonly id: number; readonly done: Promise<void>; cancel(reason: 'user' | 'shutdown'): void }
    | undefined
  readonly #settings: Settings
  readonly #authorization: string
  readonly #terminal: Terminal

  constructor(settings: Settings, authorization: string, terminal: Terminal) {
    this.#settings = settings
    this.#authorization = authorization
    this.#terminal = terminal
  }

  get busy(): boolean {
    return this.#current !== undefined
  }

  /** Resolves once no job runs. */
  async idle(): Promise<void> {
    await this.#current?.done
  }

  start(job: JobMessage): void {
    this.started++
    const before = this.#current?.done
    let worker: ChildProcess | undefined
    let cancelled: 'user' | 'shutdown' | undefined
    const cancel = (reason: 'user' | 'shutdown'): void => {
      cancelled ??= reason
      if (worker) tell(worker, { type: 'cancel', reason })
    }
    const started = (process: ChildProcess): void => {
      worker = process
      if (cancelled) tell(process, { type: 'cancel', reason: cancelled })
    }
    const done = this.#work(job, before, started, () => cancelled !== undefined)
      .catch((error: unknown) => this.#terminal.trace('ERR ', String(error)))
      .finally(() => {
        if (this.#current?.id === job.id) this.#current = undefined
        this.finished++
      })
    this.#current = { id: job.id, done, cancel }
  }

  cancel(jobId: number): void {
    if (this.#current?.id === jobId) this.#current.cancel('user')
  }

  /** Ends a running job and waits for its worker: the listener never leaves a job behind. */
  async shutDown(): Promise<void> {
    this.#current?.cancel('shutdown')
    await this.idle()
  }

  async #work(
    job: JobMessage,
    before: Promise<void> | undefined,
    started: (worker: ChildProcess) => void,
    cancelled: () => boolean,
  ): Promise<void> {
    const url = `${this.#settings.serverUrl}/jobs/${job.id}`
    const whole = await call<unknown>(`${url}/acquire`, {
      method: 'POST',
      authorization: this.#authorization,
    })
    // The service may be quicker to give a job than the last worker is to leave.
    await before
    this.#terminal.line(`${stamp()}: Running job: ${job.name}`, true)
    // The official arguments are the handles of two pipes.
    const worker = spawn(join(root, 'bin', 'Runner.Worker'), ['spawnclient', '3', '4'], {
      cwd: join(root, 'bin'),
      stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe'],
    })
    const ended = new Promise<number>((resolve) => worker.on('exit', (code) => resolve(code ?? 137)))
    tell(worker, { type: 'job', job: whole, settings: this.#settings, authorization: this.#authorization })
    started(worker)
    const code = await ended
    const result = cancelled() && code !== 100 ? 'Canceled' : (results[code] ?? 'Failed')
    this.#terminal.line(`${stamp()}: Job ${job.name} completed with result: ${result}`)
    await this.#terminal.flush()
    // The service has heard of the result from the worker; this is for the case that there is no worker any more.
    await call(`${url}/finish`, {
      method: 'POST',
      authorization: this.#authorization,
      body: { result, crashed: results[code] === undefined },
    }).catch(() => undefined)
  }
}

function tell(worker: ChildProcess, message: WorkerMessage): void {
  const pipe = worker.stdio[3] as Writable | undefined
  pipe?.on('error', () => undefined)
  pipe?.write(`${JSON.stringify(message)}\n`)
}
