/** No configuration by which a cluster could be asked. */
export class NoConfiguration extends Error {}

/** An answer other than 2xx: `Status` of Kubernetes, or whatever stands before the API server. */
export class Refused extends Error {
  readonly status: number
  /** Kubernetes' own word: `AlreadyExists`. */
  readonly reason: string
  /** ms after which it may be asked again, where it says so. */
  readonly wait: number | undefined

  constructor(status: number, text: string, retryAfter: string | undefined) {
    const told = statusIn(text)
    super(told?.message || text.slice(0, 300).trim() || `HTTP ${status}`)
    this.status = status
    this.reason = told?.reason || `HTTP ${status}`
    const seconds = Number(retryAfter || NaN)
    this.wait = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined
  }
}

/** Something came that is no JSON, or of another shape. */
export class UnreadableAnswer extends Error {}

/** A refusal that was cut off on its way says nothing: names are ours and settled before, so that the same request gets it whole. */
export function isCutOff(text: string): boolean {
  if (!text.startsWith('{')) return false
  try {
    JSON.parse(text)
    return false
  } catch {
    return true
  }
}

function statusIn(text: string): { readonly message?: string; readonly reason?: string } | undefined {
  try {
    const told = JSON.parse(text) as { kind?: unknown; message?: unknown; reason?: unknown }
    if (told?.kind !== 'Status') return undefined
    return {
      ...(typeof told.message === 'string' ? { message: told.message } : {}),
      ...(typeof told.reason === 'string' ? { reason: told.reason } : {}),
    }
  } catch {
    return undefined
  }
}
