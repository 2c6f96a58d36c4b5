import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Assets } from '../machine/payload.ts'

/** Everything of ours that a machine of this forge (`github`) on this cloud (`aws`) runs, from the folder of the doors. */
export async function readAssets(dist: string, forge: string, cloud: string): Promise<Assets> {
  const read = (name: string): Promise<string> => readFile(join(dist, name), 'utf8')
  const [agent, fuses, bootstrap, packages] = await Promise.all([
    read(`agent-${forge}-${cloud}.js`),
    read('fuses.sh'),
    read('bootstrap.sh'),
    read('packages.sh'),
  ])
  return { agent, fuses, bootstrap, packages }
}
