import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface MetadataSource {
  readonly instanceId: string
  readonly region: string
  readonly userData: Buffer
  /** JSON of the spot market's notice, once there is one. */
  notice(): string | undefined
  /** JSON of its warning that a machine is at risk. */
  risk(): string | undefined
}

/** EC2's instance metadata service, version 2 only: without a token from a PUT everything is 401. */
export class Metadata {
  readonly #source: MetadataSource
  readonly #tokens = new Set<string>()

  constructor(source: MetadataSource) {
    this.#source = source
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
    const { instanceId, region, userData } = this.#source
    switch (path) {
      case 'meta-data/spot/instance-action':
        return this.#source.notice()
      case 'meta-data/events/recommendations/rebalance':
        return this.#source.risk()
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
