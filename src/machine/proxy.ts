import { Failure } from '../model/failure.ts'
import type { ProxySettings } from './agent-config.ts'
import * as machinePaths from './paths.ts'

/** The metadata service answers on the machine's own link; no proxy can reach it. */
const linkLocal = ['169.254.169.254', 'fd00:ec2::254']

/**
 * Settings that may travel: addresses without credentials, a clean comma list, and nothing in them that a configuration file
 * could misread. `direct`: more names that no proxy can reach. Throws `invalid-input`, without quoting what may hold a password.
 */
export function portableProxy(
  { http, https, no = '' }: ProxySettings,
  direct: readonly string[] = [],
): ProxySettings {
  if (!http && !https) return {}
  const hosts = no.split(/[\s,]+/).filter((host) => /^[\w.*:[\]/-]+$/.test(host))
  return {
    ...(http ? { http: portable(http) } : {}),
    ...(https ? { https: portable(https) } : {}),
    no: [...new Set([...hosts, ...linkLocal, ...direct])].join(','),
  }
}

function portable(text: string): string {
  const url = proxyUrl(text)
  if (url) return `${url.protocol}//${url.hostname}:${url.port || defaultPort(url.protocol)}`
  throw new Failure('invalid-input', {
    tried: 'read the proxy settings',
    said: 'one of HTTP_PROXY and HTTPS_PROXY is not an address such as http://proxy.example:3128',
    fix: 'correct or unset that variable in the job.',
  })
}

/** The address of a proxy, `http:` where it names no protocol; undefined for what is none. */
export function proxyUrl(text: string): URL | undefined {
  const address = text.includes('://') ? text : `http://${text}`
  const url = URL.canParse(address) ? new URL(address) : undefined
  // What ends up in configuration files of curl, apt and systemd holds nothing that one of them could misread.
  return url &&
    /^([\w.-]+|\[[\da-f:.]+\])$/i.test(url.hostname) &&
    /^(https?|socks[45]h?a?):$/.test(url.protocol)
    ? url
    : undefined
}

/** Does this host stand on, or right under, the machine that says so? Another machine finds nothing there. */
export function isOwnHost(hostname: string): boolean {
  return ownHosts.test(hostname)
}

/** Loopback in its spellings, the address for "any", link-local ones, and what containers call the machine they run on. */
const ownHosts =
  /^(localhost|.+\.localhost|127(\.\d+){1,3}|0(\.0){0,3}|169\.254\.\d+\.\d+|\[(::1?|::ffff:(127\.|7f).*|fe[89ab].*)\]|.+\.(docker|containers|lima|orb)\.internal|docker\.for\..+)\.?$/i

/** Always spelled out: curl takes 1080 for whatever proxy has none (curl(1), `--proxy`), unlike whoever wrote the setting. */
function defaultPort(protocol: string): number {
  return protocol === 'http:' ? 80 : protocol === 'https:' ? 443 : 1080
}

/** Environment that programs on the machine expect, in both spellings; empty without a proxy. Takes portable settings. */
export function proxyEnvironment({ http, https, no }: ProxySettings): Record<string, string> {
  const pairs = [
    ['http_proxy', http],
    ['https_proxy', https],
    ['no_proxy', no],
  ] as const
  const known = pairs.flatMap(([name, value]) => (value ? [[name, value] as const] : []))
  return Object.fromEntries(
    known.flatMap(([name, value]) => [
      [name, value],
      [name.toUpperCase(), value],
    ]),
  )
}

/** Files that carry the proxy to programs that read no environment of ours: apt and Docker's daemon. Takes portable settings. */
export function proxyFiles(proxy: ProxySettings): { path: string; text: string }[] {
  const environment = Object.entries(proxyEnvironment(proxy))
  if (environment.length === 0) return []
  const apt = [
    ...(proxy.http ? [`Acquire::http::Proxy "${proxy.http}";`] : []),
    ...(proxy.https ? [`Acquire::https::Proxy "${proxy.https}";`] : []),
  ]
  // systemd reads a percent sign as the start of a specifier.
  const docker = environment.map(([name, value]) => `Environment="${name}=${value.replaceAll('%', '%%')}"`)
  return [
    { path: machinePaths.aptProxy, text: `${apt.join('\n')}\n` },
    { path: machinePaths.dockerProxy, text: `[Service]\n${docker.join('\n')}\n` },
  ]
}
