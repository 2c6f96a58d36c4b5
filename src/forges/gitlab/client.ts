import { Unreadable } from '../../lib/answers.ts'
import type { Clock } from '../../lib/clock.ts'
import { endOf } from '../../lib/deadline.ts'
import { Gate, spacingFor } from '../../lib/gate.ts'
import type { Fetch, HttpResponse } from '../../lib/http.ts'
import type { Log } from '../../lib/log.ts'
import { isUnsent, networkTroubleOf } from '../../lib/network.ts'
import { type Again, retry } from '../../lib/retry.ts'
import { Failure } from '../../model/failure.ts'
import type { Secret } from '../../model/secret.ts'
import { explain } from './failures.ts'
import { againAfter, allowanceOf } from './limits.ts'
import type { Credentials } from './rights.ts'
import type { Scope } from './scope.ts'
import { Refusal } from './trouble.ts'

export interface Answer {
  readonly status: number
  readonly headers: HttpResponse['headers']
  /** Undefined for an answer without a body, and for one that is not JSON. */
  readonly data: unknown
  /** The body as it came. */
  readonly text: string
}

/** One request. */
export interface Call<T> {
  /** Reads after "Could not …". */
  readonly tried: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Whole web address, without the query. */
  readonly address: string
  readonly query?: Readonly<Record<string, string | number>>
  /** Sent as JSON. */
  readonly body?: Readonly<Record<string, unknown>>
  readonly signal?: AbortSignal | undefined
  /** Turns a success into what is wanted; throws Unreadable when it has another shape. */
  read(answer: Answer): T
  /** Statuses that are answers here too, and what they mean. */
  readonly answers?: Readonly<Partial<Record<number, T>>>
  /** A POST that GitLab refuses the second time, so that it may be sent again while nobody knows whether it was done. */
  readonly onceOnly?: true
  /** Every answer goes to `read`, whatever its status, unless the server is in trouble. */
  readonly anyAnswer?: boolean
}

/** GitLab's REST API (docs.gitlab.com/api/rest). */
export interface Api {
  /**
   * Throws Failures only, or the signal's reason. What GitLab asks to be repeated is repeated; a POST only when nothing can have been
   * done, so that an `unavailable` POST leaves in doubt whether it was, or when it can be done once only.
   */
  send<T>(call: Call<T>): Promise<T>
}

export interface ApiOptions {
  readonly scope: Scope
  readonly token: Secret
  readonly credentials: Credentials
  readonly fetch: Fetch
  readonly clock: Clock
  readonly log: Log
}

export function createApi(options: ApiOptions): Api {
  const { scope, token, credentials, fetch, clock, log } = options
  const gate = new Gate(clock)
  const noting: Fetch = async (...request) => {
    const answer = await fetch(...request)
    const allowance = allowanceOf(answer.headers, clock)
    gate.space(allowance ? spacingFor(allowance) : 0)
    return answer
  }
  return {
    async send(call) {
      const { signal, tried, address, method, onceOnly } = call
      signal?.throwIfAborted()
      const again = (error: unknown): Again | false =>
        (method !== 'POST' || onceOnly || isUndone(error)) && againAfter(error, clock)
      const policy = { clock, log, pause: 500, longest: 8000, gate, again, signal }
      try {
        return await retry(policy, () => once(call, token, noting))
      } catch (error) {
        if (signal?.aborted) throw signal.reason
        throw explain(error, { tried, scope, credentials, clock, address, end: endOf(signal) })
      }
    },
  }
}

/** The request was refused before anything was done with it, or never arrived. */
function isUndone(error: unknown): boolean {
  if (error instanceof Refusal) return error.status === 429
  const trouble = networkTroubleOf(error)
  return trouble !== undefined && isUnsent(trouble.code)
}

async function once<T>(call: Call<T>, token: Secret, fetch: Fetch): Promise<T> {
  const { method, query = {}, body, signal, answers = {}, read, anyAnswer = false } = call
  const address = new URL(call.address)
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, String(value))
  const headers = {
    accept: 'application/json',
    'private-token': token.reveal(),
    'user-agent': 'cml-runner',
    ...(body ? { 'content-type': 'application/json' } : {}),
  }
  const response = await fetch(address.href, {
    method,
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
    ...(signal ? { signal } : {}),
  })
  const { status } = response
  const text = await response.text()
  const data = jsonOf(text)
  const trouble = status === 429 || status >= 500
  if ((anyAnswer && !trouble) || (status >= 200 && status < 300))
    return read({ status, headers: response.headers, data, text })
  if (status in answers) return answers[status] as T
  throw new Refusal(status, response.headers, data ?? text)
}

function jsonOf(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The empty answer to a deletion. */
export function readNothing({ status, data }: Answer): 'gone' {
  if (status !== 204 && data !== undefined) throw new Unreadable('an answer to a deletion that is not empty')
  if (status !== 204) throw new Unreadable(`HTTP ${status} to a deletion`)
  return 'gone'
}

/** What only makes a message better: undefined where GitLab does not tell. */
export async function readIfTold<T>(
  api: Api,
  call: Pick<Call<T>, 'tried' | 'address' | 'query' | 'read' | 'signal'>,
): Promise<T | undefined> {
  try {
    // It is not worth a minute's pause.
    return await api.send<T | undefined>({ ...call, method: 'GET', answers: { 429: undefined } })
  } catch (error) {
    if (error instanceof Failure) return undefined
    throw error
  }
}
