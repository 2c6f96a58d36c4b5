import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Failure } from '../../src/model/failure.ts'
import { operationOf, ofTheConnection } from './shape.ts'
import type { Vendor } from './operations.ts'
import type { Exchange, Recording } from './recordings.ts'

/** An answer, and the operation that it was given to. */
export interface Said extends Pick<Exchange, 'status' | 'headers' | 'body'> {
  readonly operation: string
}

/** A vendor that can say nothing but what it has said before. */
export interface Replay {
  readonly url: string
  /** Operations that were asked for, in their order. */
  readonly asked: readonly string[]
  close(): Promise<void>
}

export interface ReplayOptions {
  /** It speaks TLS, as whoever gives tokens to nobody else wants it. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Where the vendor's answers lead: to here instead. */
  readonly home?: string
  /** JSON for requests that are no part of the replay. */
  readonly aside?: (path: string, url: string) => object | undefined
}

/** Gives each operation the answers that were recorded for it, one after the other. What was not recorded is answered 418. */
export async function startReplay(
  vendor: Vendor,
  answers: readonly Said[],
  { tls, home, aside }: ReplayOptions = {},
): Promise<Replay> {
  const left = [...answers]
  const asked: string[] = []
  let url = ''
  const listener: RequestListener = (request, response) => {
    void readAll(request).then((requestBody) => {
      const other = aside?.(request.url ?? '', url)
      if (other) return response.setHeader('content-type', 'application/json').end(JSON.stringify(other))
      const operation = operationOf(vendor, {
        method: request.method ?? '',
        path: request.url ?? '',
        requestBody,
      })
      asked.push(operation)
      const index = left.findIndex((one) => one.operation === operation)
      if (index < 0) return response.writeHead(418).end('this was not recorded')
      const [{ status, headers, body }] = left.splice(index, 1) as [Said]
      const kept = Object.entries(headers)
        .filter(([name]) => !ofTheConnection.has(name))
        .map(([name, value]) => [name, home === undefined ? value : value.replace(home, url)])
      const led = home === undefined ? body : body?.replaceAll(home, url)
      return response.writeHead(status, Object.fromEntries(kept) as Record<string, string>).end(led)
    })
  }
  const server: Server = tls ? createTlsServer(tls, listener) : createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    asked,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** What the recording of that name holds, each answer for the operation that it was given to. */
export function said(recordings: readonly Recording[], name: string): readonly Said[] {
  const found = recordings.find((recording) => recording.name === name)
  if (!found) throw new Error(`${name} was not recorded`)
  const { vendor, exchanges } = found
  return exchanges.map((exchange) => ({ ...exchange, operation: operationOf(vendor, exchange) }))
}

/** A refusal as another operation would get it. */
export function to(operation: string, answers: readonly Said[]): readonly Said[] {
  return answers.map((answer) => ({ ...answer, operation }))
}

/** What our side made of a refusal. */
export function failureOf(promise: Promise<unknown>): Promise<Failure> {
  return promise.then(
    () => {
      throw new Error('nothing was refused')
    },
    (error: unknown) => {
      if (error instanceof Failure) return error
      throw error
    },
  )
}
