import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Metadata } from '../machine-port.ts'

export interface AzureIdentity {
  readonly resourceId: string
  readonly name: string
  readonly location: string
  /** Ids of user-assigned identities. */
  readonly identities: readonly string[]
  /** What the machine asks Azure with. */
  readonly token: string
  /** PEM bundle that the image trusts. */
  readonly trusted?: string
}

/**
 * Azure's Instance Metadata Service (learn.microsoft.com/azure/virtual-machines/instance-metadata-service): every request has the header `Metadata: true`, none that a
 * proxy would add, and a version.
 */
export class Imds implements Metadata {
  readonly #identity: AzureIdentity
  readonly #events: { readonly EventId: string; readonly EventType: string; readonly NotBefore: string }[] =
    []

  constructor(identity: AzureIdentity) {
    this.#identity = identity
  }

  variables(address: string): Readonly<Record<string, string>> {
    const { trusted } = this.#identity
    return { AZURE_POD_IDENTITY_AUTHORITY_HOST: address, ...(trusted ? { CURL_CA_BUNDLE: trusted } : {}) }
  }

  announce(what: 'end' | 'risk'): void {
    const ahead = what === 'end' ? 30_000 : 15 * 60_000
    this.#events.push({
      EventId: `00000000-0000-4000-8000-00000000000${this.#events.length}`,
      EventType: what === 'end' ? 'Preempt' : 'Redeploy',
      NotBefore: new Date(Date.now() + ahead).toUTCString(),
    })
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://169.254.169.254')
    const send = (status: number, body: string | object): void => {
      const plain = typeof body === 'string'
      const type = { 'content-type': plain ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8' }
      response.writeHead(status, type).end(plain ? body : JSON.stringify(body))
    }
    if (request.headers.metadata !== 'true' || request.headers['x-forwarded-for'])
      return send(400, { error: 'Bad request. Required metadata header not specified' })
    if (!searchParams.get('api-version'))
      return send(400, { error: 'Bad request. api-version was not specified in the request' })
    if (request.method !== 'GET') return send(405, { error: 'Method not allowed' })
    const { resourceId, name, location } = this.#identity
    switch (pathname.replace(/^\/metadata\//, '')) {
      case 'instance/compute/resourceId':
        return send(200, resourceId)
      case 'instance/compute/name':
        return send(200, name)
      case 'instance/compute/location':
        return send(200, location)
      case 'scheduledevents':
        return send(200, {
          DocumentIncarnation: this.#events.length,
          Events: this.#events.map((event) => ({
            ...event,
            ResourceType: 'VirtualMachine',
            Resources: [name],
            EventStatus: 'Scheduled',
            Description: '',
            EventSource: 'Platform',
            DurationInSeconds: -1,
          })),
        })
      case 'identity/oauth2/token': {
        const { status, body } = this.#tokenFor(searchParams)
        return send(status, body)
      }
      default:
        return send(404, { error: 'Not found' })
    }
  }

  #tokenFor(query: URLSearchParams): { readonly status: number; readonly body: object } {
    const { identities, token } = this.#identity
    const wanted = query.get('msi_res_id') ?? query.get('mi_res_id')
    const known = identities.some((id) => id.toLowerCase() === wanted?.toLowerCase())
    if (!known && (wanted !== null || identities.length !== 1))
      return { status: 400, body: { error: 'invalid_request', error_description: 'Identity not found' } }
    return {
      status: 200,
      body: {
        access_token: token,
        client_id: '00000000-0000-4000-8000-000000000077',
        expires_in: '86399',
        expires_on: String(Math.floor(Date.now() / 1000) + 86_399),
        ext_expires_in: '86399',
        not_before: String(Math.floor(Date.now() / 1000)),
        resource: query.get('resource') ?? '',
        token_type: 'Bearer',
      },
    }
  }
}
