/** An answer that has not the shape GitHub documents: cut off, or a proxy's page. Worth another try. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

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
  /** GitHub's own sentence. */
  readonly message: string
}

export function refusalOf(error: unknown): Refusal | undefined {
  const { status, response } = error as Trouble
  if (!(error instanceof Error) || !response || status === undefined) return undefined
  const data = response.data as { readonly message?: unknown; readonly errors?: unknown } | string | undefined
  const sentence = typeof data === 'object' && typeof data.message === 'string' ? data.message : ''
  return { status, headers: response.headers, message: sentence || `HTTP ${status}` }
}

/** Trouble on the way: Node's error code and sentence, from the innermost cause that has one. Undefined for anything else. */
export function networkTroubleOf(
  error: unknown,
): { readonly code: string; readonly message: string } | undefined {
  const { status, response } = error as Trouble
  if (!(error instanceof Error) || response || status === undefined) return undefined
  for (let cause = error.cause as Cause | undefined; cause; cause = cause.cause) {
    // Several addresses were tried, and each failed.
    const { code, message } = cause.errors?.[0] ?? cause
    if (typeof code === 'string') return { code, message: message ?? code }
  }
  return { code: 'network', message: (error.cause as Cause | undefined)?.message ?? error.message }
}

interface Cause {
  readonly code?: unknown
  readonly message?: string
  readonly cause?: Cause
  readonly errors?: readonly Cause[]
}
