import { randomBytes } from 'node:crypto'

export interface Reply {
  /** 0 where nobody answered. */
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
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly text?: Buffer
}

const longestAbsence = 30_000
let absentSince: number | undefined

/** One call of GitLab's API. The official program repeats 408, 429 and 5xx up to five times, with a pause that grows. */
export async function call(url: string, { method, path, headers = {}, json, text }: Call): Promise<Reply> {
  const address = `${url}/api/v4/${path}`
  const correlation = randomBytes(13).toString('hex').toUpperCase()
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
    await new Promise((resolve) => setTimeout(resolve, 100 * attempt))
  }
}

function isTransient(status: number): boolean {
  return status === 408 || status === 429 || status >= 500
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
    const cause = error instanceof Error ? (error.cause ?? error) : error
    const why = cause instanceof Error ? cause.message : 'unknown'
    const text = `couldn't execute ${init.method} against ${address}: ${why}`
    return { status: 0, text, headers: new Headers(), body: undefined, correlation }
  }
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
