import { Unreadable } from '../../lib/answers.ts'
import type { Clock } from '../../lib/clock.ts'
import { endOf } from '../../lib/deadline.ts'
import { Gate, spacingFor } from '../../lib/gate.ts'
import type { Fetch } from '../../lib/http.ts'
import type { Log } from '../../lib/log.ts'
import { type Again, retry } from '../../lib/retry.ts'
import type { Failure } from '../../model/failure.ts'
import type { Secret } from '../../model/secret.ts'
import { readAccountKind } from './answers.ts'
import { explain, personalAccount } from './failures.ts'
import type { Credentials } from './rights.ts'
import { againAfter, allowanceOf } from './limits.ts'
import type { Scope } from './scope.ts'
import { refusalOf, type Trouble } from './trouble.ts'

/** One request. `path` is what comes after the scope: `/actions/runners`. */
export interface Call<T> {
  /** Reads after "Could not …". */
  readonly tried: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  /** Elsewhere than at the scope: what everybody may read of an account or a repository. */
  readonly route?: Scope['route']
  /** For placeholders in the path, the query of a GET, the body of a POST or PUT. */
  readonly parameters?: Readonly<Record<string, unknown>>
  /** Sent as it came, quotes included. */
  readonly etag?: string
  readonly signal?: AbortSignal | undefined
  /** Tries in all, the first included, of what nothing depends on; otherwise the signal's end decides. */
  readonly attempts?: number | undefined
  /** Told each time that it is sent. */
  onSend?(): void
  /** Turns the answer into what is wanted; throws Unreadable when it has another shape. */
  read(data: unknown): T
  /** Statuses that are answers here, and what they mean. */
  readonly answers?: Readonly<Partial<Record<number, T>>>
}

export interface Reply<T> {
  readonly value: T
  readonly etag: string | undefined
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | number | undefined>>
}

/** GitHub's REST API for one scope. */
export interface Api {
  /** Throws Failures only, or the signal's reason. Everything GitHub asks to be repeated is. */
  send<T>(call: Call<T>): Promise<Reply<T>>
}

export interface ApiOptions {
  readonly scope: Scope
  readonly token: Secret
  readonly credentials: Credentials
  readonly fetch: Fetch
  readonly clock: Clock
  readonly log: Log
}

/** https://docs.github.com/rest/about-the-rest-api/api-versions */
const apiVersion = '2022-11-28'

interface Octokit {
  request(
    route: string,
    parameters: Record<string, unknown>,
  ): Promise<{
    readonly status: number
    readonly data: unknown
    readonly headers: Readonly<Record<string, string | number | undefined>> & { readonly etag?: string }
  }>
}

export function createApi(options: ApiOptions): Api {
  return new OctokitApi(options)
}

class OctokitApi implements Api {
  readonly #options: ApiOptions
  readonly #gate: Gate
  #octokit: Promise<Octokit> | undefined

  constructor(options: ApiOptions) {
    this.#options = options
    this.#gate = new Gate(options.clock)
  }

  async send<T>(call: Call<T>): Promise<Reply<T>> {
    const { scope, credentials, clock, log } = this.#options
    const { signal, tried, attempts = Infinity } = call
    signal?.throwIfAborted()
    const again = (error: unknown): Again | false => againAfter(error, clock)
    const policy = { clock, log, pause: 500, longest: 8000, gate: this.#gate, again, signal, attempts }
    try {
      return await retry(policy, () => this.#once(call))
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      const failure = explain(error, { tried, scope, credentials, clock, end: endOf(signal) })
      throw (await this.#personal(error, call)) ?? failure
    }
  }

  /** GitHub says of a person's account what it says of an organisation that the token may not see; one more read tells them apart. */
  async #personal(
    error: unknown,
    { tried, signal, route, attempts }: Call<unknown>,
  ): Promise<Failure | undefined> {
    const { scope } = this.#options
    if (refusalOf(error)?.status !== 404 || scope.kind === 'repository' || route || attempts) return undefined
    const account = { template: '/users/{username}', parameters: { username: scope.owner } }
    const call = { tried, method: 'GET', path: '', route: account, signal, read: readAccountKind } as const
    try {
      const { value } = await this.#once(call)
      return value === 'User' ? personalAccount(tried, scope, error) : undefined
    } catch {
      return undefined
    }
  }

  async #once<T>(call: Call<T>): Promise<Reply<T>> {
    const { method, path, parameters, etag, signal, answers, read, route = this.#options.scope.route } = call
    this.#octokit ??= this.#open()
    const { request } = await this.#octokit
    call.onSend?.()
    try {
      const { status, data, headers } = await request(`${method} ${route.template}${path}`, {
        ...route.parameters,
        ...parameters,
        headers: { 'x-github-api-version': apiVersion, ...(etag ? { 'if-none-match': etag } : {}) },
        request: { ...(signal ? { signal } : {}) },
      })
      // Octokit takes a redirect that was not followed for a success.
      if (status >= 300)
        throw Object.assign(new Error(`HTTP ${status}`), { status, response: { data, headers } })
      const allowance = allowanceOf(headers, this.#options.clock)
      this.#gate.space(allowance ? spacingFor(allowance) : 0)
      return { value: read(data), etag: headers.etag, headers }
    } catch (error) {
      // Octokit wraps what its transport throws.
      if (error instanceof Error && error.cause instanceof Unreadable) throw error.cause
      const { status = 0, response } = error as Trouble
      if (response && answers && status in answers)
        return { value: answers[status] as T, etag: response.headers.etag, headers: response.headers }
      throw error
    }
  }

  /** Loaded at the first request: it is the heavier part of this forge. */
  async #open(): Promise<Octokit> {
    const { scope, token, fetch, log } = this.#options
    const { getOctokit } = await import('@actions/github')
    const debug = (text: string): void => log.debug(text)
    const quiet = { debug() {}, info() {}, warn: debug, error: debug }
    // Its own transport decides about the proxy once, for the job's server, whatever host is asked; ours does it for each host.
    const request = { fetch, log: quiet }
    return getOctokit(token.reveal(), { baseUrl: scope.api, userAgent: 'cml-runner', log: quiet, request })
  }
}
