import { readFile } from 'node:fs/promises'
import type { Log } from '../lib/log.ts'
import { credentialsIn } from '../options/parse.ts'
import type { ProxySettings } from '../machine/agent-config.ts'

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

/** The proxy the launcher uses, for the machine too; credentials in it stay here. */
export function proxyOf(variables: Variables, log: Log): ProxySettings {
  const either = (name: string): string | undefined =>
    variables[name.toLowerCase()] || variables[name] || undefined
  const [http, https, no] = [either('HTTP_PROXY'), either('HTTPS_PROXY'), either('NO_PROXY')]
  return {
    ...(http ? { http: withoutCredentials(http, log) } : {}),
    ...(https ? { https: withoutCredentials(https, log) } : {}),
    ...(no ? { no } : {}),
  }
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
  log.warn('The proxy credentials are not passed on to the machine: it must reach the proxy without them.')
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
      `NODE_EXTRA_CA_CERTS names a file that can not be read: ${error instanceof Error ? error.message : String(error)}`,
    )
    return undefined
  }
}
