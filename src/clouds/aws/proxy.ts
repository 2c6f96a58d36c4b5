import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { CloudContext } from '../cloud.ts'

type Variables = CloudContext['variables']

export function usesProxy(variables: Variables): boolean {
  return Boolean(
    variables.HTTPS_PROXY || variables.https_proxy || variables.HTTP_PROXY || variables.http_proxy,
  )
}

/** Node's agents speak to proxies since 24.5, NO_PROXY included. */
export function nodeKnowsProxies(version = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 24 || (major === 24 && minor >= 5)
}

export function proxyAgents(variables: Variables): { httpAgent: HttpAgent; httpsAgent: HttpsAgent } {
  const options = { keepAlive: true, maxSockets: 50, proxyEnv: { ...variables } }
  return { httpAgent: new HttpAgent(options), httpsAgent: new HttpsAgent(options) }
}
