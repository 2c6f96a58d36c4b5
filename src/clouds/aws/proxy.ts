import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { CloudContext } from '../cloud.ts'

/** Node's agents speak to proxies since 24.5 and 22.21, NO_PROXY included. */
export function proxyAgents(variables: CloudContext['variables']): {
  httpAgent: HttpAgent
  httpsAgent: HttpsAgent
} {
  const options = { keepAlive: true, maxSockets: 50, proxyEnv: { ...variables } }
  return { httpAgent: new HttpAgent(options), httpsAgent: new HttpsAgent(options) }
}
