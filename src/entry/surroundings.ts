import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../lib/log.ts'
import type { ProxySettings } from '../machine/agent-config.ts'
import { certificatesIn, parseCertificates, unusual } from '../machine/certificates.ts'
import { isOwnHost, proxyUrl } from '../machine/proxy.ts'
import { Failure } from '../model/failure.ts'
import type { Values } from '../options/catalogue.ts'
import { credentialsIn } from '../options/parse.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** Address of the git remote `origin` of the working directory, without credentials; undefined where there is none. */
export async function gitRemote(log: Log): Promise<string | undefined> {
  try {
    const { getExecOutput } = await import('@actions/exec')
    const options = { silent: true, ignoreReturnCode: true }
    const { stdout, exitCode } = await getExecOutput('git', ['config', '--get', 'remote.origin.url'], options)
    const address = stdout.trim().replace(/^([a-z+]+:\/\/)[^@/]*@/i, '$1')
    return exitCode === 0 && address !== '' ? address : undefined
  } catch (error) {
    log.debug(`No git remote: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

type ProxyWishes = Pick<Values, 'machine-proxy' | 'machine-no-proxy'>

/**
 * The machine's way out: what was asked for, else the launcher's own, as far as it leads out from elsewhere too. Throws
 * `invalid-input` for a wish that cannot be heeded; portableProxy does so for settings of the launcher.
 */
export function proxyOf(wishes: ProxyWishes, variables: Variables, log: Log): ProxySettings {
  const { 'machine-proxy': asked, 'machine-no-proxy': exceptions } = wishes
  const own = asked === undefined
  const ways = own ? ownProxy(variables, log) : asked === 'none' ? {} : askedProxy(asked)
  if (!ways.http && !ways.https) {
    if (exceptions) log.warn('`machine-no-proxy` has no effect: the machine uses no proxy.')
    return {}
  }
  return { ...ways, no: exceptions?.join(',') ?? (own ? variableOf(variables, 'NO_PROXY') : loopback) ?? '' }
}

/** The same where the machine at hand is the runner: it reaches what this process reaches. */
export function ownMachineProxy(variables: Variables, log: Log): ProxySettings {
  const [http, https] = ['HTTP_PROXY', 'HTTPS_PROXY'].map((name) => variableOf(variables, name))
  if (variableOf(variables, 'NO_PROXY')?.trim() === '*') return {}
  return {
    ...(http ? { http: withoutCredentials(http, log) } : {}),
    ...(https ? { https: withoutCredentials(https, log) } : {}),
    no: variableOf(variables, 'NO_PROXY') ?? '',
  }
}

const loopback = 'localhost,127.0.0.1,::1'

function askedProxy(asked: string): ProxySettings {
  const url = proxyUrl(asked)
  if (url && !url.username && !url.password) return { http: asked, https: asked }
  throw new Failure('invalid-input', {
    tried: 'read `machine-proxy`',
    said: url ? 'it holds a user name or a password' : 'it is not the address of a proxy',
    ...(url ? { why: 'Every job on the machine could read them.' } : {}),
    fix: `give an address such as http://proxy.internal:3128, ${url ? 'of a proxy that lets the machine through without them, ' : ''}or \`none\`.`,
  })
}

/** Where NO_PROXY excepts everything, the launcher uses no proxy, and so does the machine. */
function ownProxy(variables: Variables, log: Log): ProxySettings {
  if (variableOf(variables, 'NO_PROXY')?.trim() === '*') return {}
  const [http, https] = ['HTTP_PROXY', 'HTTPS_PROXY'].map((name) => {
    const address = variableOf(variables, name)
    if (address === undefined || !isOwnHost(proxyUrl(address)?.hostname ?? '')) return address
    log.warn(
      `${name} names a proxy on this job's own machine, which the launched one cannot use: it goes out directly. Give \`machine-proxy\` when it needs a proxy, or \`machine-proxy: none\` to confirm.`,
    )
    return undefined
  })
  return {
    ...(http ? { http: withoutCredentials(http, log) } : {}),
    ...(https ? { https: withoutCredentials(https, log) } : {}),
  }
}

function variableOf(variables: Variables, name: string): string | undefined {
  return variables[name.toLowerCase()] || variables[name] || undefined
}

/** What no log may show of the proxy's address. */
export function proxySecrets(variables: Variables): readonly string[] {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()])
  return names.flatMap((name) => credentialsIn(variables[name] ?? ''))
}

function withoutCredentials(address: string, log: Log): string {
  if (!URL.canParse(address)) return address
  const url = new URL(address)
  if (!url.username && !url.password) return address
  log.warn('The proxy credentials are not passed on to the runner: it must reach the proxy without them.')
  url.username = url.password = ''
  return url.href
}

/** Certificate authorities that this process trusts besides the usual ones, PEM. */
export async function extraCertificates(variables: Variables, log: Log): Promise<string | undefined> {
  const file = variables.NODE_EXTRA_CA_CERTS
  if (!file) return undefined
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    log.warn(
      `NODE_EXTRA_CA_CERTS names a file that cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
    return undefined
  }
}

/** Those of them that no image brings along, each alone. */
export async function ownAuthorities(text: string, log: Log): Promise<readonly string[]> {
  const all = parseCertificates(text)
  const own = unusual(all, await publicAuthorities(distributions))
  if (own.length < all.length)
    log.debug(
      `${all.length - own.length} of ${all.length} authorities in NODE_EXTRA_CA_CERTS are public ones, which stay here.`,
    )
  return own
}

/**
 * Where distributions keep the public authorities apart from those that somebody added: Debian, Ubuntu and Alpine a file for each, Red Hat's
 * family one for all. The bundle of an older system holds many that Node has dropped meanwhile.
 */
const distributions = [
  '/usr/share/ca-certificates/mozilla',
  '/usr/share/pki/ca-trust-source/ca-bundle.trust.p11-kit',
]

/** Certificates in files, or in the files of folders; what is not there holds none. */
export async function publicAuthorities(paths: readonly string[]): Promise<readonly string[]> {
  const files = paths.map(async (path) => {
    const names = await readdir(path).catch(() => undefined)
    return names?.map((name) => join(path, name)) ?? [path]
  })
  const texts = (await Promise.all(files)).flat().map((path) => readFile(path, 'utf8').catch(() => ''))
  return (await Promise.all(texts)).flatMap(certificatesIn)
}
