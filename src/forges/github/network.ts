import { networkCauseOf } from '../../lib/network.ts'
import type { Explanation } from '../../model/failure.ts'

/** Why a server could not be reached, and what to do, by Node's error code. */
export function explainNetwork(code: string, api: string): Pick<Explanation, 'why' | 'fix'> {
  const { host, hostname } = new URL(api)
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
        why: `The certificate of ${host} was not issued by an authority this machine trusts: usual for a GitHub Enterprise Server, or behind a proxy that inspects TLS.`,
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
        fix: 'try again; behind a proxy set HTTPS_PROXY (and NO_PROXY). On github.com, https://www.githubstatus.com tells about incidents.',
      }
  }
}
