import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface NpmRegistry {
  readonly url: string
  /** Versions of one package that are out, with the integrity of each (`sha512-…`). */
  readonly versions: Map<string, string>
  close(): void
}

/** The part of an npm registry that `npm view` reads, for one package; everything else is not found. */
export async function startNpmRegistry(packageName: string): Promise<NpmRegistry> {
  const versions = new Map<string, string>()
  const server = createServer(({ method, url = '' }, response) => {
    const asked = decodeURIComponent(url.slice(1))
    const found = method === 'GET' && asked === packageName && versions.size > 0
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(found ? packument() : { error: 'Not found' }))
  })
  const packument = (): object => ({
    name: packageName,
    'dist-tags': { latest: [...versions.keys()].at(-1) },
    versions: Object.fromEntries(
      [...versions].map(([version, integrity]) => [
        version,
        { name: packageName, version, dist: { integrity } },
      ]),
    ),
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, versions, close: () => void server.close() }
}
