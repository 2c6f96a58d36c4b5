import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Of the Compute API what a machine calls by itself: may it be deleted by me, and delete it. */
export interface ComputeApi {
  /** `http://127.0.0.1:…/compute/v1`. */
  readonly base: string
  /** In order, looks apart: method, path below the base, the bearer token. */
  readonly asked: readonly string[]
  close(): void
}

export interface Answers {
  /** Does the service account hold compute.instances.delete? */
  readonly may: boolean
  /** HTTP status of the deletion, by its number from 0; 200 when absent. */
  readonly deletion?: (count: number) => number
  /** What the API says that the machine is; 403 when absent. */
  readonly status?: () => string
}

const reasons: Readonly<Record<number, readonly [reason: string, message: string]>> = {
  400: [
    'invalid',
    "Invalid resource usage: 'Resource cannot be deleted if it's protected against deletion.'.",
  ],
  403: ['forbidden', "Required 'compute.instances.delete' permission for 'projects/p/zones/z/instances/n'"],
  404: ['notFound', "The resource 'projects/p/zones/z/instances/n' was not found"],
  429: ['rateLimitExceeded', 'Rate Limit Exceeded'],
  503: ['backendError', 'Backend Error'],
}

export async function startComputeApi({ may, deletion, status }: Answers): Promise<ComputeApi> {
  const asked: string[] = []
  let deletions = 0
  const judge = ({ method, url = '' }: IncomingMessage, body: string): readonly [number, object] => {
    if (url.endsWith('/testIamPermissions')) {
      const { permissions } = JSON.parse(body) as { permissions: string[] }
      return [200, may ? { permissions } : {}]
    }
    if (method === 'GET') return status ? [200, { kind: 'compute#instance', status: status() }] : refused(403)
    const code = deletion?.(deletions++) ?? 200
    return code === 200 ? [200, { kind: 'compute#operation', status: 'RUNNING' }] : refused(code)
  }
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { method, url, headers } = request
      if (method !== 'GET')
        asked.push(`${method} ${url?.replace('/compute/v1', '')} ${headers.authorization}`)
      const [code, answer] = judge(request, body)
      response.writeHead(code, { 'content-type': 'application/json; charset=UTF-8' })
      response.end(JSON.stringify(answer, undefined, 2))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/compute/v1`,
    asked,
    close: () => (server.closeAllConnections(), void server.close()),
  }
}

function refused(code: number): readonly [number, object] {
  const [reason, message] = reasons[code] ?? []
  return [code, { error: { code, message, errors: [{ message, domain: 'global', reason }] } }]
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
