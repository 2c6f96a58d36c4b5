import { randomUUID } from 'node:crypto'

import { log } from './log.ts'

/** Statuses of the official program's own: no answer, and a client that cannot even be built (network/client.go, network/gitlab.go). */
export const noAnswer = -1
export const clientError = -100

export interface Reply {
  /** Of HTTP, or `noAnswer`, or `clientError`. */
  readonly status: number
  /** As the official program words it: `POST https://…: 403 Forbidden`. */
  readonly text: string
  readonly headers: Headers
  readonly body: unknown
  readonly correlation: string
}

interface Call {
  readonly method: string
  readonly path: string
  readonly correlation?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly text?: Buffer
}

const longestAbsence = 30_000
let absentSince: number | undefined

/** What ties the lines of one call together (network/gitlab.go, NewCorrelationID). */
export function newCorrelation(): string {
  return randomUUID().replaceAll('-', '')
}

/** One call of GitLab's API. The official program repeats 408, 429 and 5xx up to five times; no answer at all is not repeated. */
export async function call(
  url: string,
  { method, path, correlation = newCorrelation(), headers = {}, json, text }: Call,
): Promise<Reply> {
  const address = `${url}/api/v4/${path}`
  if (!/^https?:/.test(url)) {
    const why = 'get client: new client: only http or https scheme supported'
    return { status: clientError, text: why, headers: new Headers(), body: undefined, correlation }
  }
  const init = {
    method,
    headers: {
      ...headers,
      'user-agent': 'gitlab-runner 19.4.0 (19-4-stable; go1.25.7; linux/amd64)',
      'x-request-id': correlation,
      ...(json === undefined
        ? { 'content-type': 'text/plain' }
        : { 'content-type': 'application/json', accept: 'application/json' }),
    },
    body: json === undefined ? new Uint8Array(text ?? []) : JSON.stringify(json),
  }
  for (let attempt = 1; ; attempt++) {
    const reply = await once(address, init, correlation)
    if (!isTransient(reply.status) || attempt >= 5) return reply
    const wait = waitBefore(reply, attempt)
    const about = { context: 'ratelimit-requester-gitlab-request', method, url: address }
    log('info', 'Waiting before making the next call', { ...about, duration: wait * 1e6 })
    await new Promise((resolve) => setTimeout(resolve, wait))
  }
}

function isTransient(status: number): boolean {
  return [408, 429, 500, 502, 503, 504].includes(status) || status >= 512
}

/** ms: until the moment that the answer names, or as long as it says; else from 100 ms on, doubled (network/retry_requester.go). */
function waitBefore({ headers }: Reply, attempt: number): number {
  const reset = Date.parse(headers.get('ratelimit-resettime') ?? '') - Date.now()
  if (reset > 0) return reset
  const seconds = Number(headers.get('retry-after') ?? 0)
  return seconds > 0 ? seconds * 1000 : 100 * 2 ** (attempt - 1)
}

async function once(address: string, init: RequestInit, correlation: string): Promise<Reply> {
  try {
    const answer = await fetch(address, init)
    absentSince = undefined
    const said = await answer.text()
    return {
      status: answer.status,
      text: `${init.method} ${address}: ${answer.status} ${answer.statusText}`,
      headers: answer.headers,
      body: answer.headers.get('content-type')?.startsWith('application/json') ? JSON.parse(said) : said,
      correlation: answer.headers.get('x-request-id') ?? correlation,
    }
  } catch (error) {
    checkPresence(error)
    const verb = (init.method ?? '').toLowerCase().replace(/^./, (letter) => letter.toUpperCase())
    const text = `couldn't execute ${init.method} against ${address}: ${verb} "${address}": ${inGo(error, address)}`
    return { status: noAnswer, text, headers: new Headers(), body: undefined, correlation }
  }
}

/** The same trouble in the words of Go's `net`. */
function inGo(error: unknown, address: string): string {
  const cause = (error instanceof Error ? (error.cause ?? error) : error) as {
    code?: string
    message?: string
  }
  const { host } = new URL(address)
  if (cause.code === 'ECONNREFUSED') return `dial tcp ${host}: connect: connection refused`
  // The other side closed without a word; a reset is told as one.
  if (cause.code === 'UND_ERR_SOCKET') return 'EOF'
  if (cause.code === 'ECONNRESET') return `read tcp ${host}: read: connection reset by peer`
  return cause.message ?? 'unknown'
}

/**
 * The official program tries for ever. An emulator that nobody answers for is gone with the test that had it, and does not come back:
 * nothing of this must outlive it on somebody's computer.
 */
function checkPresence(error: unknown): void {
  const refused =
    error instanceof Error && (error.cause as { code?: string } | undefined)?.code === 'ECONNREFUSED'
  absentSince = refused ? (absentSince ?? Date.now()) : undefined
  if (absentSince !== undefined && Date.now() - absentSince > longestAbsence) process.exit(1)
}
