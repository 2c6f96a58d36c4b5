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
      await config.applyToHTTPSOptions(filled).catch(rethrow)
      const { headers = {}, auth, ca, cert, key, rejectUnauthorized, servername } = filled
      const basic = auth ? { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {}
      const all = { ca, cert, key, rejectUnauthorized, servername }
      const security = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
      return { headers: { ...basic, ...headers }, security }
    },
  }
}

/** What a program printed instead of JSON may be the token itself, and the parser quotes it. */
function rethrow(error: unknown): never {
  if (error instanceof SyntaxError)
    throw new NoConfiguration('the program that it names for a token printed no JSON')
  throw error
}

function contextsOf(config: KubeConfig): string {
  const names = config.getContexts().map(({ name }) => name)
  return names.length === 0 ? '' : `, of ${names.join(', ')}`
}

/** The text in the variable first, as CML had it; then files, as kubectl reads them; then what every pod has. */
function read({
  KUBERNETES_CONFIGURATION: text,
  KUBECONFIG: paths,
  KUBE_CONTEXT: chosen,
}: CloudContext['variables']): KubeConfig {
  const config = text?.trim() ? readText(text) : paths?.trim() ? readFiles(paths) : readDefault()
  if (!chosen) return config
  if (!config.getContextObject(chosen))
    throw new NoConfiguration(`it has no context ${chosen}, which KUBE_CONTEXT asks for${contextsOf(config)}`)
  config.setCurrentContext(chosen)
  return config
}

function readText(text: string): KubeConfig {
  const config = parsed('it', (into) => into.loadFromString(text))
  if (config.getContexts().length + config.getClusters().length === 0)
    throw new NoConfiguration(
      'it has no context that is in use, nor any cluster: KUBERNETES_CONFIGURATION takes what is in a kubeconfig, neither its path nor Base64 of it',
    )
  return config
}

function readDefault(): KubeConfig {
  const config = parsed('it', (into) => into.loadFromDefault())
  // What the library falls back to is nobody's.
  if (config.getCurrentContext() === 'loaded-context') throw new NoConfiguration('there is none')
  return config
}

/** Of what has the same name, the first one holds; of the contexts in use, too. https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/ */
function readFiles(paths: string): KubeConfig {
  const files = paths.split(delimiter).filter((path) => path && existsSync(path))
  if (files.length === 0) throw new NoConfiguration(`there is no file ${paths}`)
  const all = files.map((path) => parsed(path, (into) => into.loadFromFile(path)))
  const config = new KubeConfig()
  config.loadFromOptions({
    clusters: firstOf(all.flatMap((one) => one.getClusters())),
    users: firstOf(all.flatMap((one) => one.getUsers())),
    contexts: firstOf(all.flatMap((one) => one.getContexts())),
    currentContext: all.map((one) => one.getCurrentContext()).find(Boolean),
  })
  return config
}

function firstOf<T extends { readonly name: string }>(things: readonly T[]): readonly T[] {
  return things.filter(({ name }, at) => things.findIndex((other) => other.name === name) === at)
}

function parsed(what: string, load: (into: KubeConfig) => void): KubeConfig {
  const config = new KubeConfig()
  try {
    load(config)
  } catch (error) {
    throw new NoConfiguration(`${what} could not be read: ${reasonOf(error)}`)
  }
  return config
}

/** A parser quotes the lines around what it does not understand, and tokens stand in them. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason'
  if (error.name !== 'YAMLException') return error.message
  const { line } = (error as { mark?: { line?: number } }).mark ?? {}
  return line === undefined ? 'it is empty' : `line ${line + 1} is not YAML`
}
