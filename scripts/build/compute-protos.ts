// The description of Compute Engine's API without what is not called: the bundle has no more of it, and tests load no more.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { trimProtos, type UsedMethods } from './trim-protos.ts'

/** The methods that src/clouds/gcp/client.ts calls. What is missing here fails there at its first use. */
export const usedMethods: UsedMethods = {
  Images: ['Get', 'GetFromFamily'],
  Instances: ['AggregatedList', 'Delete', 'Get', 'GetSerialPortOutput', 'Insert', 'SetMetadata'],
  RegionInstances: ['BulkInsert'],
  RegionOperations: ['Get', 'Wait'],
  Subnetworks: ['Get'],
  ZoneOperations: ['List', 'Wait'],
  Zones: ['List'],
}

const installed = 'node_modules/@google-cloud/compute'

/** JSON, as the package's clients load it from their `protos.json`. */
export function computeProtos(root: string): string {
  const file = join(root, installed, 'build/protos/protos.json')
  const tree = JSON.parse(readFileSync(file, 'utf8')) as Parameters<typeof trimProtos>[0]
  return JSON.stringify(trimProtos(tree, 'google.cloud.compute.v1', usedMethods))
}

/** The same as a file that tests map the package's own to; made once for each version and list of methods. */
export function computeProtosFile(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, installed, 'package.json'), 'utf8')) as {
    readonly version: string
  }
  const key = createHash('sha256').update(JSON.stringify(usedMethods)).digest('hex').slice(0, 12)
  const file = join(root, `node_modules/.cache/compute-protos/${version}-${key}.json`)
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, computeProtos(root))
  }
  return file
}
