import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'

/** A forward proxy as companies have them: plain requests by absolute address, tunnels by CONNECT. */
export interface Proxy {
  readonly url: string
  /** Who came through: `GET 127.0.0.1:41379 curl/8.5.0`, tunnels as CONNECT. */
  readonly journal: readonly ProxyEntry[]
  close(): Promise<void>
}

export interface ProxyEntry {
  readonly method: string
  /** Host and port asked for. */
  readonly host: string
  readonly agent: string
  readonly credentials: string | undefined
}

export async function startProxy(): Promise<Proxy> {
  const journal: ProxyEntry[] = []
  const sockets = new Set<Socket>()
  const note = ({ method = '', headers }: IncomingMessage, host: string): void => {
    const { 'user-agent': agent = '', 'proxy-authorization': credentials } = headers
    journal.push({ method, host, agent, credentials })
  }
  const server = createServer((incoming, response) => {
    const { host } = new URL(incoming.url ?? '')
    note(incoming, host)
    forward(incoming, response)
  })
  server.on('connect', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    note(incoming, incoming.url ?? '')
    tunnel(incoming.url ?? '', socket, head, sockets)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    journal,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function forward(incoming: IncomingMessage, response: ServerResponse): void {
  const outgoing = request(
    incoming.url ?? '',
    { method: incoming.method, headers: incoming.headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    },
  )
  outgoing.on('error', () => response.destroy())
  response.on('close', () => outgoing.destroy())
  incoming.pipe(outgoing)
}

function tunnel(address: string, socket: Socket, head: Buffer, sockets: Set<Socket>): void {
  const [host, port] = address.split(':')
  const onward = connect(Number(port), host, () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    onward.write(head)
    socket.pipe(onward).pipe(socket)
  })
  sockets.add(onward)
  onward.on('close', () => (sockets.delete(onward), socket.destroy()))
  for (const end of [socket, onward]) end.on('error', () => (socket.destroy(), onward.destroy()))
}
