import { createServer, type Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'

import type { LogQuery } from '../../emulators/pod/container-log.ts'
import type { Pod } from '../../emulators/pod/pod.ts'

export interface LogServer {
  readonly port: number
  close(): Promise<void>
}

/** The endpoint of a node where the API server fetches what containers have printed: `/containerLogs/<namespace>/<pod>/<container>`. */
export async function startLogServer(
  find: (namespace: string, name: string) => Pod | undefined,
): Promise<LogServer> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'node' }])
  const server: Server = createServer({ key, cert }, (request, response) => serve(request, response, find))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function serve(
  request: IncomingMessage,
  response: ServerResponse,
  find: (namespace: string, name: string) => Pod | undefined,
): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'https://node')
  const [, endpoint, namespace = '', name = '', container = ''] = pathname.split('/')
  const say = (status: number, text: string) => response.writeHead(status).end(text)
  if (endpoint !== 'containerLogs' || request.method !== 'GET') return void say(404, 'page not found')
  const pod = find(namespace, name)
  if (!pod) return void say(404, `pod "${name}" does not exist`)
  const log = pod.container(container)?.log
  if (!log) return void say(400, waits(pod, container))
  response.writeHead(200, { 'content-type': 'text/plain', 'transfer-encoding': 'chunked' })
  response.flushHeaders()
  const query = queryOf(searchParams)
  response.write(log.read(query))
  if (searchParams.get('follow') !== 'true') return void response.end()
  const stop = log.follow(
    (text) => response.write(text),
    () => response.end(),
    query.timestamps,
  )
  response.on('close', stop)
}

/** A node's own words for a container that has not begun. */
function waits(pod: Pod, container: string): string {
  const { initContainerStatuses = [], containerStatuses } = pod.status()
  const status = [...initContainerStatuses, ...containerStatuses].find(({ name }) => name === container)
  const state = status?.state
  const reason = state && 'waiting' in state ? state.waiting.reason : 'ContainerCreating'
  return `container "${container}" in pod "${pod.manifest.metadata.name}" is waiting to start: ${reason}`
}

function queryOf(given: URLSearchParams): LogQuery {
  const number = (name: string) => (given.has(name) ? { [name]: Number(given.get(name)) } : {})
  const since = given.get('sinceSeconds')
  const sinceTime =
    since === null ? given.get('sinceTime') : new Date(Date.now() - Number(since) * 1000).toISOString()
  return {
    ...number('tailLines'),
    ...number('limitBytes'),
    timestamps: given.get('timestamps') === 'true',
    ...(sinceTime === null ? {} : { sinceTime }),
  }
}
