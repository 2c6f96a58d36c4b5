import { KubeConfig } from '@kubernetes/client-node'
import { existsSync } from 'node:fs'
import { delimiter } from 'node:path'
import type { ConnectionSecurity } from '../../lib/http.ts'
import type { CloudContext } from '../cloud.ts'
import { NoConfiguration } from './answers.ts'

/** Who asks, and where. */
export interface Access {
  /** Address of the API server, without a slash at its end. */
  readonly server: string
  readonly namespace: string
  /** Whom all requests go through, by the configuration's own word. */
  readonly proxy?: string
  /** Asked for every request: plug-ins and files give tokens that end. */
  credentials(): Promise<{
    readonly headers: Readonly<Record<string, string>>
    readonly security: ConnectionSecurity
  }>
}

/** What the library fills in for a request of Node's. */
interface Filled extends ConnectionSecurity {
  readonly headers?: Readonly<Record<string, string>>
  readonly auth?: string
}

/** Reads the configuration. Throws NoConfiguration where there is none that can be used. */
export function openAccess(variables: CloudContext['variables']): Access {
  const config = read(variables)
  const name = config.getCurrentContext()
  const context = name ? config.getContextObject(name) : null
  const cluster = config.getCurrentCluster()
  if (!name || !context) throw new NoConfiguration(`it has no context that is in use${contextsOf(config)}`)
  if (!cluster?.server) throw new NoConfiguration(`its context ${name} names no cluster`)
  const { server, proxyUrl, skipTLSVerify } = cluster
  if (!/^https:/.test(server) && !(skipTLSVerify && /^http:/.test(server)))
    throw new NoConfiguration(
      `its cluster is at ${server}, where credentials would travel in the clear; only https is used`,
    )
  return {
    server: server.replace(/\/+$/, ''),
    namespace: context.namespace || 'default',
    ...(proxyUrl ? { proxy: proxyUrl } : {}),
    async credentials() {
      const filled: Filled = {}
      await config.applyToHTTPSOptions(filled)
      const { headers = {}, auth, ca, cert, key, rejectUnauthorized, servername } = filled
      const basic = auth ? { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {}
      const all = { ca, cert, key, rejectUnauthorized, servername }
      const security = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
      return { headers: { ...basic, ...headers }, security }
    },
  }
}

function contextsOf(config: KubeConfig): string {
  const names = config.getContexts().map(({ name }) => name)
  return names.length === 0 ? '' : `, of ${names.join(', ')}`
}

/** The text in the variable first, as CML had it; then files, as kubectl reads them; then what every pod has. */
function read({
  KUBERNETES_CONFIGURATION,
  KUBECONFIG,
  KUBE_CONTEXT: chosen,
}: CloudContext['variables']): KubeConfig {
  const config = new KubeConfig()
  try {
    if (KUBERNETES_CONFIGURATION?.trim()) config.loadFromString(KUBERNETES_CONFIGURATION)
    else if (KUBECONFIG?.trim()) mergeFiles(config, KUBECONFIG)
    else config.loadFromDefault()
  } catch (error) {
    if (error instanceof NoConfiguration) throw error
    throw new NoConfiguration(`it could not be read: ${error instanceof Error ? error.message : 'no reason'}`)
  }
  if (chosen) config.setCurrentContext(chosen)
  // What the library falls back to is nobody's.
  if (config.getCurrentContext() === 'loaded-context') throw new NoConfiguration('there is none')
  return config
}

function mergeFiles(config: KubeConfig, paths: string): void {
  const files = paths.split(delimiter).filter((path) => path && existsSync(path))
  const [first, ...others] = files
  if (first === undefined) throw new NoConfiguration(`there is no file ${paths}`)
  config.loadFromFile(first)
  for (const path of others) {
    const other = new KubeConfig()
    other.loadFromFile(path)
    config.mergeConfig(other, true)
  }
}
