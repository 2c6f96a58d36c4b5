import type { AnyScene } from '../emulators/scene.ts'
import { rowOf, usualCloud, type Pair } from '../sides/sides.ts'
import type { BenchForge, ForgeProbe } from './forge-side.ts'
import { githubBench } from './github.ts'
import { gitlabBench } from './gitlab.ts'

/** One for each line of the registry. */
const benchForges: Readonly<Record<string, BenchForge>> = { github: githubBench, gitlab: gitlabBench }

/** Throws with the file to add where there is none. */
export function benchForge(name: string): BenchForge {
  return rowOf('forge', name, benchForges, {
    purpose: 'measure it',
    file: '__tests__/bench/<name>.ts',
    table: '__tests__/bench/forges.ts',
  })
}

export const probeOf = (scene: AnyScene): ForgeProbe => benchForge(scene.forge).probe(scene)

/** How a row says which pair it is about; what is said of none is about the usual forge and the registry's first cloud. */
export function suffixOf({ cloud, forge }: Pair): string {
  const { title } = benchForge(forge)
  return `${cloud === usualCloud() ? '' : `, ${cloud.service}`}${title === undefined ? '' : `, ${title}`}`
}
