import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { clouds } from '../../src/clouds/registry.ts'
import type { CloudLimits } from '../../src/clouds/cloud.ts'
import { agentConfigOf } from '../emulators/machine/carriers.ts'
import type { Machine } from '../emulators/machine/machine.ts'
import { isGzip } from '../emulators/machine/user-data.ts'

/** Copies of what was sent that cloud-init keeps for root. */
const copies = /^(?:var\/lib\/cloud|run\/cloud-init)\//

// Read before any story: one that runs beside others may import nothing.
const limits: ReadonlyMap<string, CloudLimits> = new Map(
  await Promise.all(
    clouds.map(async ({ name }) => {
      const read = (await import(`../../src/clouds/${name}/limits.ts`)) as { limits: CloudLimits }
      return [name, read.limits] as const
    }),
  ),
)

/** What the product says that the cloud takes. */
export function limitsOf(cloud: string): CloudLimits {
  const found = limits.get(cloud)
  if (!found) throw new Error(`nothing is known of what ${cloud} takes`)
  return found
}

/** What is in a machine's files. Where its cloud shows every job what was sent, copies of that are nothing more, and are left out. */
export function filesOn(machine: Machine, cloud: string): readonly string[] {
  const { conceals } = limitsOf(cloud)
  return readdirSync(machine.root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => conceals || !copies.test(relative(machine.root, path)))
    .map((path) => readFileSync(path, 'latin1'))
}

/** What was sent, as text, and the configuration in it. */
export function sentTo({ spec }: Machine): string {
  const { userData } = spec
  const text = (isGzip(userData) ? gunzipSync(userData) : userData).toString('utf8')
  return text + JSON.stringify(agentConfigOf(spec))
}
