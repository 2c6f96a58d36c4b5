import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Of the Compute API what a machine calls by itself: may it be deleted by me, and delete it. */
export interface ComputeApi {
  /** `http://127.0.0.1:…/compute/v1`. */
  readonly base: string
  /** In order: method, path below the base, the bearer token. */
  readonly asked: readonly string[]
  close(): void
}

export interface Answers {
  /** Does the service account hold compute.instances.delete? */
  readonly may: boolean
  /** HTTP status of the deletion, by its number from 0; 200 when absent. */
  readonly deletion?: (count: number) => number
  /** The cloud takes the machine. */
  readonly taken?: () => void
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

export async function startComputeApi({ may, deletion, taken }: Answers): Promise<ComputeApi> {
  const asked: string[] = []
  let deletions = 0
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      asked.push(
        `${request.method} ${request.url?.replace('/compute/v1', '')} ${request.headers.authorization}`,
      )
      const answer = (status: number, content: object) =>
        void response
          .writeHead(status, { 'content-type': 'application/json; charset=UTF-8' })
          .end(JSON.stringify(content, undefined, 2))
      if (request.url?.endsWith('/testIamPermissions')) {
        const { permissions } = JSON.parse(body) as { permissions: string[] }
        return answer(200, may ? { permissions } : {})
      }
      const status = deletion?.(deletions++) ?? 200
      const [reason, message] = reasons[status] ?? []
      if (status !== 200)
        return answer(status, {
          error: { code: status, message, errors: [{ message, domain: 'global', reason }] },
        })
      answer(200, {
        kind: 'compute#operation',
        name: 'operation-1',
        operationType: 'delete',
        status: 'RUNNING',
      })
      if (taken) setImmediate(taken)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/compute/v1`,
    asked,
    close: () => (server.closeAllConnections(), void server.close()),
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
