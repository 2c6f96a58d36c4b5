import type { Explanation } from '../../model/failure.ts'

/** Trouble that may be over the next time; a wrong certificate is not. */
export function isPassing(code: string): boolean {
  return /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOTFOUND|network)$/.test(code)
}

const certificateCodes =
  /^(CERT_\w+|ERR_TLS_\w+|UNABLE_TO_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|INVALID_CA|HOSTNAME_MISMATCH)$/

/** Why a server could not be reached, and what to do, by Node's error code. */
export function explainNetwork(code: string, api: string): Pick<Explanation, 'why' | 'fix'> {
  const host = new URL(api).host
  if (code === 'CERT_HAS_EXPIRED')
    return {
      why: `The certificate of ${host} has expired.`,
      fix: `have it renewed; when it has not expired, correct this machine's clock.`,
    }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return {
      why: `The certificate that was shown is not for ${host}.`,
      fix: 'check the address in `repo`, and whether a proxy answers in its place.',
    }
  if (certificateCodes.test(code))
    return {
      why: `The certificate of ${host} was not issued by an authority this machine trusts: usual for a GitHub Enterprise Server, or behind a proxy that inspects TLS.`,
      fix: "set `NODE_EXTRA_CA_CERTS` in the job's environment to a PEM file with that authority's certificate (the launched machine gets it too).",
    }
  if (/PROXY|TUNNEL/.test(code))
    return {
      why: `The proxy in HTTPS_PROXY did not let the connection to ${host} through.`,
      fix: `check the proxy's address and rules, or add ${new URL(api).hostname} to NO_PROXY.`,
    }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return {
      why: `No address was found for ${host}.`,
      fix: 'check the address in `repo`, and that this machine can look names up; behind a proxy set HTTPS_PROXY.',
    }
  return {
    why: `${host} could not be reached from here: the network, a firewall or a proxy is in the way, or the server is down.`,
    fix: 'try again; behind a proxy set HTTPS_PROXY (and NO_PROXY). On github.com, https://www.githubstatus.com tells about incidents.',
  }
}
