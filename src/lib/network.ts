import type { Again } from './retry.ts'

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

/** ms. A name that does not exist is mistyped, or its resolver has had a hiccup. */
const patienceForNames = 10_000

/** Why to try again after trouble that may be over the next time, `who` being asked; a wrong certificate is not over, nor a proxy that refuses. */
export function passingTrouble({ code, message }: NetworkTrouble, who: string): Again | false {
  const why = `${who} could not be reached (${code})`
  if (code === 'ENOTFOUND') return { why, patience: patienceForNames }
  // The proxy's own status stands in Node's sentence.
  if (/TUNNEL/.test(code))
    return /\b50\d\b/.test(message) && { why: `The proxy before ${who} is in trouble (${message})` }
  return /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|network)$/.test(code) && { why }
}

/** No connection was made, so nothing can have been done. */
export function isUnsent(code: string): boolean {
  return /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOTFOUND)$/.test(code)
}

type NetworkCause =
  'certificate-expired' | 'certificate-for-another' | 'certificate-unknown' | 'proxy' | 'name' | 'unreachable'

const certificateCodes =
  /^(CERT_\w+|ERR_TLS_\w+|UNABLE_TO_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|INVALID_CA|HOSTNAME_MISMATCH)$/

/** What a code means to whoever has to do something about it. */
function networkCauseOf(code: string): NetworkCause {
  if (code === 'CERT_HAS_EXPIRED') return 'certificate-expired'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'certificate-for-another'
  if (certificateCodes.test(code)) return 'certificate-unknown'
  if (/PROXY|TUNNEL/.test(code)) return 'proxy'
  return code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? 'name' : 'unreachable'
}

/** What differs from server to server in what is told of trouble on the way. */
export interface NetworkWords {
  /** Which servers have certificates that nobody knows: "a server of one's own". */
  readonly ownServer: string
  /** A sentence: where incidents of the public one are told. */
  readonly incidents: string
}

/** Why a server could not be reached, and what to do, by Node's error code. */
export function explainNetwork(
  code: string,
  address: string,
  { ownServer, incidents }: NetworkWords,
): { readonly why: string; readonly fix: string } {
  const { host, hostname } = new URL(address)
  switch (networkCauseOf(code)) {
    case 'certificate-expired':
      return {
        why: `The certificate of ${host} has expired.`,
        fix: `have it renewed; when it has not expired, correct this machine's clock.`,
      }
    case 'certificate-for-another':
      return {
        why: `The certificate that was shown is not for ${host}.`,
        fix: 'check the address in `repo`, and whether a proxy answers in its place.',
      }
    case 'certificate-unknown':
      return {
        why: `The certificate of ${host} was not issued by an authority this machine trusts: usual for ${ownServer}, or behind a proxy that inspects TLS.`,
        fix: "set `NODE_EXTRA_CA_CERTS` in the job's environment to a PEM file with that authority's certificate (the launched machine gets it too).",
      }
    case 'proxy':
      return {
        why: `The proxy in HTTPS_PROXY did not let the connection to ${host} through.`,
        fix: `check the proxy's address and rules, or add ${hostname} to NO_PROXY.`,
      }
    case 'name':
      return {
        why: `No address was found for ${host}.`,
        fix: 'check the address in `repo`, and that this machine can look names up; behind a proxy set HTTPS_PROXY.',
      }
    case 'unreachable':
      return {
        why: `${host} could not be reached from here: the network, a firewall or a proxy is in the way, or the server is down.`,
        fix: `try again; behind a proxy set HTTPS_PROXY (and NO_PROXY). ${incidents}`,
      }
  }
}

/** The same of whoever has no address that a user gives: by name. */
export function explainWayTo(who: string, code: string): { readonly why: string; readonly fix: string } {
  switch (networkCauseOf(code)) {
    case 'proxy':
      return {
        why: `The proxy in HTTPS_PROXY did not let the connection to ${who} through.`,
        fix: "check the proxy's address and rules, or add the host to NO_PROXY.",
      }
    case 'certificate-expired':
      return {
        why: `The certificate that was shown for ${who} has expired.`,
        fix: "correct this machine's clock, or have the proxy that showed it renewed.",
      }
    case 'certificate-for-another':
    case 'certificate-unknown':
      return {
        why: `The certificate that was shown for ${who} was not accepted; a proxy that opens TLS is the usual cause.`,
        fix: 'give the certificate of your proxy in NODE_EXTRA_CA_CERTS.',
      }
    case 'name':
      return {
        why: `No address was found for ${who}.`,
        fix: 'check that this machine can look names up; behind a proxy, set HTTPS_PROXY.',
      }
    case 'unreachable':
      return {
        why: `${who} could not be reached; repeating the request did not help.`,
        fix: 'check the network of this job; behind a proxy, set HTTPS_PROXY.',
      }
  }
}
