import { aboutPackage } from './settings.ts'

/** An answer of the service that is not a success. */
export class Refusal extends Error {
  readonly status: number
  readonly body: string

  constructor(status: number, reason: string, body: string) {
    super(`Response status code does not indicate success: ${status} (${reason}).`)
    this.status = status
    this.body = body
  }

  /** ms: an emulated service tells how much faster than in reality the next try may come. */
  get againAfter(): number | undefined {
    return this.#told.againAfter
  }

  /** The service's own word for what is wrong, where it gives one. */
  get code(): string | undefined {
    return this.#told.code
  }

  get #told(): { readonly code?: string; readonly againAfter?: number } {
    try {
      return JSON.parse(this.body) as { readonly code?: string; readonly againAfter?: number }
    } catch {
      return {}
    }
  }
}

export interface Call {
  readonly method?: string
  readonly authorization: string
  readonly body?: unknown
  readonly signal?: AbortSignal
}

/** JSON in, JSON out; undefined for an empty answer. Throws a Refusal, or whatever the network says. */
export async function call<T>(
  url: string,
  { method = 'GET', authorization, body, signal }: Call,
): Promise<T> {
  const answer = await fetch(url, {
    method,
    headers: {
      authorization,
      'user-agent': `GitHubActionsRunner-linux-${aboutPackage().architecture.toLowerCase()}/${aboutPackage().version}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Refusal(answer.status, answer.statusText, text)
  return (text ? JSON.parse(text) : undefined) as T
}

const hostedServers = /^(?:(?:www\.)?github\.com|github\.localhost|.+\.ghe\.(?:com|localhost))$/i

/** Where the API of a server is: `api.<host>` for hosted ones, `/api/v3` for others. */
export function apiOf(pageUrl: string): string {
  const { protocol, host, hostname } = new URL(pageUrl)
  const emulator = aboutPackage().hosts[hostname]
  if (emulator) return emulator
  const hosted = hostedServers.test(hostname) && !process.env['GITHUB_ACTIONS_RUNNER_FORCE_GHES']
  return hosted ? `${protocol}//api.${host}` : `${protocol}//${host}/api/v3`
}

/** What went wrong on the way, in one line, as .NET puts it where that is known: undici hides it in the cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code = '', message } = (error.cause ?? error) as {
    readonly message: string
    readonly code?: string
  }
  if (/CERT|SSL|TLS|SIGNED|VERIFY/.test(code))
    return 'The SSL connection could not be established, see inner exception.'
  return code === 'ECONNREFUSED' ? 'Connection refused' : message || code || error.message
}
