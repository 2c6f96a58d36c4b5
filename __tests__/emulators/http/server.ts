import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Answer, NoAnswer, Request } from './wire.ts'

/** Bytes of a body that a server reads: more than any launcher or runner has to say. */
export const longestBody = 8 * 1024 * 1024

export interface ServerOptions {
  /** PEM. */
  readonly tls?: { readonly key: string; readonly cert: string }
  readonly port?: number
}

/** HTTP for an emulator: whole requests in, answers out. On the loopback only. */
export class HttpServer {
  readonly #server: Server
  readonly #protocol: 'http' | 'https'
  /** The server itself forgets connections that never got through their TLS handshake. */
  readonly #sockets = new Set<Socket>()
  url = ''

  constructor({ tls }: ServerOptions, answer: (request: Request) => Promise<Answer | NoAnswer>) {
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      void serve(request, response, answer)
    }
    this.#protocol = tls ? 'https' : 'http'
    this.#server = tls ? createTlsServer(tls, listener) : createServer(listener)
    this.#server.keepAliveTimeout = 60_000
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', resolve)
    })
    this.url = `${this.#protocol}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
      for (const socket of this.#sockets) socket.destroy()
    })
  }
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  answer: (request: Request) => Promise<Answer | NoAnswer>,
): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const { bytes, overflow } = await bodyOf(incoming)
  const { pathname, search, searchParams } = new URL(incoming.url ?? '/', 'http://emulator')
  const result = await answer({
    method: incoming.method ?? 'GET',
    path: pathname,
    query: Object.fromEntries(searchParams),
    search,
    headers: incoming.headers,
    body: parse(bytes.toString('utf8')),
    bytes,
    overflow,
    gone: gone.signal,
  })
  if (result === 'break') incoming.socket.destroy()
  else if (result !== 'hang') send(response, result)
}

function send(response: ServerResponse, answer: Answer): void {
  const { headers, bytes } = onTheWire(answer)
  response.writeHead(answer.status, headers)
  response.end(bytes)
}

/** An answer as it is sent. */
export function onTheWire({ headers = {}, body }: Answer): {
  readonly headers: Readonly<Record<string, string | number>>
  readonly bytes: Buffer | undefined
} {
  const raw = Buffer.isBuffer(body) || typeof body === 'string'
  const bytes = body === undefined ? undefined : Buffer.from(raw ? (body as string) : JSON.stringify(body))
  const type = bytes && !Buffer.isBuffer(body) ? { 'content-type': 'application/json; charset=utf-8' } : {}
  return { headers: { ...type, ...(bytes ? { 'content-length': bytes.length } : {}), ...headers }, bytes }
}

/** What is too much is read and forgotten, so that its sender hears the answer. */
async function bodyOf(incoming: IncomingMessage): Promise<Pick<Request, 'bytes' | 'overflow'>> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of incoming) {
      length += (chunk as Buffer).length
      if (length <= longestBody) chunks.push(chunk as Buffer)
    }
  } catch {
    // The client has gone; what came is what there is.
  }
  return { bytes: Buffer.concat(chunks), overflow: length > longestBody }
}

function parse(text: string): unknown {
  if (!text) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
