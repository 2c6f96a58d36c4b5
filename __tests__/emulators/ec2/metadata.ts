import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Metadata } from '../machine-port.ts'

export interface Identity {
  readonly instanceId: string
  readonly region: string
  readonly userData: Buffer
}

/** EC2's instance metadata service, version 2 only: without a token from a PUT everything is 401. */
export class Imds implements Metadata {
  /** JSON of the spot market's notice, once there is one. */
  notice: string | undefined
  /** JSON of its warning that a machine is at risk, which comes earlier, or never. */
  risk: string | undefined
  readonly #identity: Identity
  readonly #tokens = new Set<string>()

  constructor(identity: Identity) {
    this.#identity = identity
  }

  variables(address: string): Readonly<Record<string, string>> {
    return { AWS_EC2_METADATA_SERVICE_ENDPOINT: address }
  }

  announce(what: 'end' | 'risk'): void {
    if (what === 'end') this.notice = JSON.stringify({ action: 'terminate', time: stamp(120_000) })
    else this.risk = JSON.stringify({ noticeTime: stamp(0) })
  }

  /** Forgets all tokens: they expire. */
  expireTokens(): void {
    this.#tokens.clear()
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '', headers } = request
    const send = (status: number, body: string | Buffer = '') => void response.writeHead(status).end(body)
    if (method === 'PUT' && url === '/latest/api/token') {
      const seconds = Number(headers['x-aws-ec2-metadata-token-ttl-seconds'])
      if (!Number.isInteger(seconds) || seconds < 1 || seconds > 21_600 || headers['x-forwarded-for'])
        return send(400)
      const token = randomUUID()
      this.#tokens.add(token)
      return send(200, token)
    }
    if (method !== 'GET') return send(405)
    if (!this.#tokens.has(String(headers['x-aws-ec2-metadata-token']))) return send(401)
    const body = this.#value(url.replace('/latest/', ''))
    return body === undefined ? send(404) : send(200, body)
  }

  #value(path: string): string | Buffer | undefined {
    const { instanceId, region, userData } = this.#identity
    switch (path) {
      case 'meta-data/spot/instance-action':
        return this.notice
      case 'meta-data/events/recommendations/rebalance':
        return this.risk
      case 'meta-data/instance-id':
        return instanceId
      case 'meta-data/placement/region':
        return region
      case 'user-data':
        return userData
      default:
        return undefined
    }
  }
}

/** `ahead`: ms from now. */
function stamp(ahead: number): string {
  return new Date(Date.now() + ahead).toISOString().replace(/\.\d+Z$/, 'Z')
}
