/** Trouble on the way to a server, by Node's own error: what went wrong before there was any answer. */
export interface NetworkTrouble {
  readonly code: string
  readonly message: string
}

interface Cause {
  readonly code?: unknown
  readonly message?: string
  readonly cause?: Cause
  readonly errors?: readonly Cause[]
}

/** Node's error code and sentence, from the innermost cause that has one; undefined for an error that has none, or that we made. */
export function networkTroubleOf(error: unknown): NetworkTrouble | undefined {
  let found: NetworkTrouble | undefined
  for (let cause = error as Cause | undefined; cause; cause = cause.cause) {
    // Several addresses were tried, and each failed.
    const { code, message } = cause.errors?.[0] ?? cause
    if (typeof code === 'string' && !code.startsWith('ERR_INVALID'))
      found = { code, message: message ?? code }
  }
  return found
}

/** Trouble that may be over the next time; a wrong certificate is not. */
export function isPassing(code: string): boolean {
  return /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOTFOUND|network)$/.test(code)
}

/** No connection was made, so nothing can have been done. */
export function isUnsent(code: string): boolean {
  return /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOTFOUND)$/.test(code)
}

export type NetworkCause =
  'certificate-expired' | 'certificate-for-another' | 'certificate-unknown' | 'proxy' | 'name' | 'unreachable'

const certificateCodes =
  /^(CERT_\w+|ERR_TLS_\w+|UNABLE_TO_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|INVALID_CA|HOSTNAME_MISMATCH)$/

/** What a code means to whoever has to do something about it. */
export function networkCauseOf(code: string): NetworkCause {
  if (code === 'CERT_HAS_EXPIRED') return 'certificate-expired'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'certificate-for-another'
  if (certificateCodes.test(code)) return 'certificate-unknown'
  if (/PROXY|TUNNEL/.test(code)) return 'proxy'
  return code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? 'name' : 'unreachable'
}
