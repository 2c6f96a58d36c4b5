import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

import type { Metadata } from '../machine-port.ts'

export interface ServiceAccount {
  readonly email: string
  /** Full addresses: `https://www.googleapis.com/auth/compute`. */
  readonly scopes: readonly string[]
  /** What the machine is given to ask the APIs with. */
  readonly token: string
}

export interface GceIdentity {
  readonly project: string
  readonly projectNumber: string
  readonly zone: string
  readonly name: string
  /** Digits. */
  readonly id: string
  /** As they are now: what was sent, and what was taken away since. */
  attributes(): Readonly<Record<string, string>>
  /** Absent on a machine without an identity. */
  readonly serviceAccount?: ServiceAccount
}

/** A request that waits for a value to become another one. */
interface Waiting {
  readonly path: string
  readonly etag: string
  answer(): void
}

/**
 * Compute Engine's metadata server (cloud.google.com/compute/docs/metadata/querying-metadata): every request has the header `Metadata-Flavor: Google` and
 * none that a proxy would add; a value comes with an ETag, and a request may wait until it is another one.
 */
export class GceMetadata implements Metadata {
  readonly #identity: GceIdentity
  #preempted = 'FALSE'
  #maintenance = 'NONE'
  readonly #waiting = new Set<Waiting>()

  constructor(identity: GceIdentity) {
    this.#identity = identity
  }

  variables(address: string): Readonly<Record<string, string>> {
    return { GCE_METADATA_HOST: new URL(address).host }
  }

  announce(what: 'end' | 'risk'): void {
    if (what === 'end') this.#preempted = 'TRUE'
    else this.#maintenance = 'TERMINATE_ON_HOST_MAINTENANCE'
    this.changed()
  }

  /** Whoever waits for a value that is another one now hears of it. */
  changed(): void {
    for (const waiting of this.#waiting)
      if (etagOf(this.#value(waiting.path)) !== waiting.etag) waiting.answer()
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://metadata.google.internal')
    const refuse = (status: number) =>
      void response.writeHead(status, { 'content-type': 'text/html; charset=UTF-8' }).end('<!DOCTYPE html>\n')
    if (request.headers['metadata-flavor'] !== 'Google' || request.headers['x-forwarded-for'])
      return refuse(403)
    if (request.method !== 'GET') return refuse(405)
    const path = pathname.replace(/^\/computeMetadata\/v1\//, '')
    const send = (): void => {
      const value = this.#value(path)
      if (value === undefined) return refuse(404)
      const type = typeof value === 'string' ? 'application/text' : 'application/json'
      const headers = { 'metadata-flavor': 'Google', etag: etagOf(value), 'content-type': type }
      response.writeHead(200, headers).end(typeof value === 'string' ? value : JSON.stringify(value))
    }
    const etag = etagOf(this.#value(path))
    const last = searchParams.get('last_etag')
    if (searchParams.get('wait_for_change') !== 'true' || (last !== null && last !== etag)) return send()
    this.#wait({ path, etag, send, seconds: Number(searchParams.get('timeout_sec') ?? 0), response })
  }

  #wait({
    path,
    etag,
    send,
    seconds,
    response,
  }: {
    path: string
    etag: string
    send: () => void
    seconds: number
    response: ServerResponse
  }): void {
    const timer = seconds > 0 ? setTimeout(() => waiting.answer(), seconds * 1000).unref() : undefined
    const waiting: Waiting = {
      path,
      etag,
      answer: () => {
        clearTimeout(timer)
        if (this.#waiting.delete(waiting)) send()
      },
    }
    this.#waiting.add(waiting)
    response.on('close', () => {
      clearTimeout(timer)
      this.#waiting.delete(waiting)
    })
  }

  #value(path: string): string | object | undefined {
    const { project, projectNumber, zone, name, id } = this.#identity
    switch (path) {
      case 'project/project-id':
        return project
      // Of the whole project's machines.
      case 'project/attributes/':
        return {}
      case 'project/numeric-project-id':
        return projectNumber
      case 'instance/id':
        return id
      case 'instance/name':
        return name
      case 'instance/zone':
        return `projects/${projectNumber}/zones/${zone}`
      case 'instance/preempted':
        return this.#preempted
      case 'instance/maintenance-event':
        return this.#maintenance
      case 'instance/attributes/':
        return this.#identity.attributes()
    }
    const [, attribute] = /^instance\/attributes\/([\w-]+)$/.exec(path) ?? []
    return attribute === undefined ? this.#account(path) : this.#identity.attributes()[attribute]
  }

  #account(path: string): string | object | undefined {
    const { serviceAccount: account } = this.#identity
    switch (path) {
      case 'instance/service-accounts/':
        return account ? `default/\n${account.email}/\n` : ''
      case 'instance/service-accounts/default/email':
        return account?.email
      case 'instance/service-accounts/default/scopes':
        return account && account.scopes.map((scope) => `${scope}\n`).join('')
      case 'instance/service-accounts/default/token':
        return account && { access_token: account.token, expires_in: 3599, token_type: 'Bearer' }
      default:
        return undefined
    }
  }
}

function etagOf(value: string | object | undefined): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null)
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
