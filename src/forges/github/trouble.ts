import { networkTroubleOf as troubleBehind, type NetworkTrouble } from '../../lib/network.ts'
import { saidIn } from '../../lib/said.ts'

/** What Octokit throws: an answer that is not a success, or, without `response`, trouble on the way to any answer. */
export interface Trouble extends Error {
  readonly status?: number
  readonly response?: {
    readonly headers: Readonly<Record<string, string | undefined>> & { readonly etag?: string }
    readonly data: unknown
  }
}

/** An answer of GitHub's that is not a success. */
export interface Refusal {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** GitHub's own words, all of them. */
  readonly message: string
  /** No answer of an API: something between here and there answered, or a server that is none of GitHub's. */
  readonly page: boolean
}

export function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof Error)) return undefined
  const { status, response } = error as Trouble
  if (!response || status === undefined) return undefined
  const { headers, data } = response
  const page = typeof data === 'string' && /<(!doctype|html|head|body|title)\b/i.test(data)
  return { status, headers, message: saidIn(data) || `HTTP ${status}`, page }
}

/** Trouble on the way: Node's error code and sentence. Undefined for anything else. */
export function networkTroubleOf(error: unknown): NetworkTrouble | undefined {
  if (!(error instanceof Error)) return undefined
  const { status, response } = error as Trouble
  if (response || status === undefined) return undefined
  const { cause } = error as { readonly cause?: { readonly message?: string } }
  return troubleBehind(cause) ?? { code: 'network', message: cause?.message ?? error.message }
}
