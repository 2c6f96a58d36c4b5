import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { CloudLimits } from '../../src/clouds/cloud.ts'
import { agentConfigOf } from '../emulators/machine/carriers.ts'
import type { Machine } from '../emulators/machine/machine.ts'
import { isGzip } from '../emulators/machine/user-data.ts'

/** Copies of what was sent that cloud-init keeps for root. */
const copies = /^(?:var\/lib\/cloud|run\/cloud-init)\//

/** What the product says that the cloud takes. */
export async function limitsOf(cloud: string): Promise<CloudLimits> {
  const { limits } = (await import(`../../src/clouds/${cloud}/limits.ts`)) as { limits: CloudLimits }
  return limits
}

/** What is in a machine's files. Where its cloud shows every job what was sent, copies of that are nothing more, and are left out. */
export async function filesOn(machine: Machine, cloud: string): Promise<readonly string[]> {
  const limits = await limitsOf(cloud)
  return readdirSync(machine.root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => limits.conceals || !copies.test(relative(machine.root, path)))
    .map((path) => readFileSync(path, 'latin1'))
}

/** What was sent, as text, and the configuration in it. */
export function sentTo({ spec }: Machine): string {
  const { userData } = spec
  const text = (isGzip(userData) ? gunzipSync(userData) : userData).toString('utf8')
  return text + JSON.stringify(agentConfigOf(spec))
}
