import type { Arguments } from './arguments.ts'
import { Dispatcher, type JobMessage } from './dispatcher.ts'
import { call, reasonOf, Refusal } from './service.ts'
import {
  aboutPackage,
  deleteConfiguration,
  loadCredentials,
  loadSettings,
  type Settings,
} from './settings.ts'
import { type Chunks, stamp, type Terminal } from './terminal.ts'
import { update } from './update.ts'

/** Exit codes of the listener; run.sh acts on them. */
const codes = {
  done: 0,
  terminated: 1,
  retry: 2,
  updating: 3,
  updatingOnce: 4,
  conflict: 5,
  deprecated: 7,
} as const

const longestAbsence = 30_000

interface Session {
  readonly sessionId: string
  /** How the emulator wants this listener to behave. Milliseconds. */
  readonly behaviour: {
    readonly chunks: Chunks
    readonly reconnect: number
    /** Leave with this code right after the start, for the paths that only the official program's own troubles take. */
    readonly exitCode?: number
  }
}

type Message =
  | { readonly id: number; readonly type: 'job'; readonly job: JobMessage }
  | { readonly id: number; readonly type: 'cancel'; readonly jobId: number }
  | {
      readonly id: number
      readonly type: 'update'
      readonly version: string
      readonly url: string
      readonly sha256: string
    }

/** Ends the loop with an exit code; the official line has been said. */
class Leave extends Error {
  readonly code: number

  constructor(code: number) {
    super(`exit ${code}`)
    this.code = code
  }
}

/** `run.sh`'s listener: opens a session, takes jobs, and gives the exit code. */
export async function run(given: Arguments, terminal: Terminal): Promise<number> {
  const settings = loadSettings()
  const listener = new Listener(settings, terminal, given.flag('once') || settings.ephemeral === true)
  const stop = new AbortController()
  process.once('SIGINT', () => {
    terminal.line('Exiting...')
    stop.abort()
  })
  process.once('SIGTERM', () => stop.abort())
  try {
    return await listener.listen(stop.signal)
  } catch (error) {
    if (error instanceof Leave) return error.code
    terminal.error(`An error occurred: ${reasonOf(error)}`)
    return codes.retry
  }
}

class Listener {
  readonly #settings: Settings
  readonly #terminal: Terminal
  readonly #once: boolean
  readonly #authorization: string
  #session: Session | undefined
  #reconnect = 200
  #absentSince: number | undefined

  constructor(settings: Settings, terminal: Terminal, once: boolean) {
    this.#settings = settings
    this.#terminal = terminal
    this.#once = once
    this.#authorization = `Bearer ${loadCredentials().data.clientId}`
  }

  async listen(stop: AbortSignal): Promise<number> {
    const session = await this.#open(stop)
    if (!session) return codes.done
    this.#terminal.line(`Current runner version: '${aboutPackage().version}'`)
    this.#terminal.line(`${stamp()}: Listening for Jobs`)
    await this.#terminal.flush()
    const dispatcher = new Dispatcher(this.#settings, this.#authorization, this.#terminal)
    try {
      return session.behaviour.exitCode ?? (await this.#loop(dispatcher, stop))
    } finally {
      await dispatcher.shutDown()
      await this.#call('DELETE', `/sessions/${session.sessionId}`).catch(() => undefined)
      if (this.#once && dispatcher.finished > 0) deleteConfiguration()
    }
  }

  async #loop(dispatcher: Dispatcher, stop: AbortSignal): Promise<number> {
    let updating: Promise<void> | undefined
    for (;;) {
      const next = this.#next(dispatcher, stop)
      const ends = [
        updating?.then(() => 'updated' as const),
        this.#once && dispatcher.started > 0 ? dispatcher.idle().then(() => 'finished' as const) : undefined,
      ]
      const message = await Promise.race([next, ...ends.filter((end) => end !== undefined)])
      if (message === 'finished' || message === undefined) return codes.done
      if (message === 'updated') return this.#once ? codes.updatingOnce : codes.updating
      if (message.type === 'cancel') dispatcher.cancel(message.jobId)
      // A job that comes while an update is on its way is not acknowledged: the next session gets it again.
      else if (updating || (this.#once && dispatcher.started > 0)) continue
      else if (message.type === 'update') updating = update(message, this.#terminal, () => dispatcher.idle())
      else dispatcher.start(message.job)
      await this.#call('DELETE', `/sessions/${this.#session?.sessionId}/messages/${message.id}`).catch(
        () => undefined,
      )
    }
  }

  /** The next message; undefined when the runner is to stop. */
  async #next(dispatcher: Dispatcher, stop: AbortSignal): Promise<Message | undefined> {
    let lost = false
    while (!stop.aborted) {
      try {
        const path = `/sessions/${this.#session?.sessionId}/messages?status=${dispatcher.busy ? 'Busy' : 'Online'}`
        const message = await this.#call<Message | undefined>('GET', path, undefined, stop)
        if (lost) this.#terminal.line(`${stamp()}: Runner reconnected.`)
        lost = false
        if (message) return message
      } catch (error) {
        if (stop.aborted) return undefined
        if (error instanceof Refusal) {
          if (this.#isOver(error)) return undefined
          if (error.code === 'session-expired') await this.#open(stop)
        }
        if (!lost)
          this.#terminal.error(
            `${stamp()}: Runner connect error: ${reasonOf(error)}. Retrying until reconnected.`,
          )
        lost = true
        await pause(this.#reconnect, stop)
      }
    }
    return undefined
  }

  #isOver(refusal: Refusal): boolean {
    if (refusal.code === 'deprecated') this.#sayDeprecated()
    if (refusal.code !== 'not-found') return false
    this.#terminal.line('The runner no longer exists on the server. Cleaning up local configuration.')
    deleteConfiguration()
    return true
  }

  /** A session, or undefined when the runner is to stop first. */
  async #open(stop: AbortSignal): Promise<Session | undefined> {
    let lost = false
    for (let conflicts = 0; !stop.aborted;) {
      try {
        this.#terminal.line()
        this.#terminal.success('Connected to GitHub')
        this.#terminal.line()
        const body = {
          agentId: this.#settings.agentId,
          version: aboutPackage().version,
          architecture: aboutPackage().architecture,
        }
        this.#session = await this.#call<Session>('POST', '/sessions', body, stop)
        this.#reconnect = this.#session.behaviour.reconnect
        this.#terminal.chunks = this.#session.behaviour.chunks
        if (lost) this.#terminal.line(`${stamp()}: Runner reconnected.`)
        return this.#session
      } catch (error) {
        if (stop.aborted) return undefined
        this.#checkPresence(error)
        if (error instanceof Refusal) this.#explain(error, ++conflicts)
        else if (!lost) {
          this.#terminal.error(
            `${stamp()}: Runner connect error: ${reasonOf(error)}. Retrying until reconnected.`,
          )
          lost = true
        }
        await pause((error instanceof Refusal && error.againAfter) || this.#reconnect, stop)
      }
    }
    return undefined
  }

  /** Says what the official program says when it gets no session, and leaves unless it would try again. */
  #explain(refusal: Refusal, times: number): void {
    if (refusal.code === 'deprecated') this.#sayDeprecated()
    if (refusal.code === 'not-found') {
      this.#terminal.error(
        'Failed to create a session. The runner registration has been deleted from the server, please re-configure. Runner registrations are automatically deleted for runners that have not connected to the service recently.',
      )
      throw new Leave(codes.terminated)
    }
    if (refusal.code !== 'conflict') return
    this.#terminal.error('A session for this runner already exists.')
    // The official program tries every 30 seconds for four minutes.
    if (times >= 8) throw new Leave(codes.conflict)
  }

  /**
   * The official program tries for ever. An emulator that nobody answers for is gone with the test that had it, and does not come back:
   * nothing of this must outlive it on somebody's computer.
   */
  #checkPresence(error: unknown): void {
    const refused =
      error instanceof Error && (error.cause as { code?: string } | undefined)?.code === 'ECONNREFUSED'
    this.#absentSince = refused ? (this.#absentSince ?? Date.now()) : undefined
    if (this.#absentSince !== undefined && Date.now() - this.#absentSince > longestAbsence)
      throw new Leave(codes.terminated)
  }

  #sayDeprecated(): never {
    this.#terminal.error(
      `An error occurred: Runner version v${aboutPackage().version} is deprecated and cannot receive messages.`,
    )
    throw new Leave(
      process.env['ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE'] === '1'
        ? codes.deprecated
        : codes.terminated,
    )
  }

  #call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    return call<T>(`${this.#settings.serverUrl}${path}`, {
      method,
      authorization: this.#authorization,
      body,
      ...(signal ? { signal } : {}),
    })
  }
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    stop.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}
