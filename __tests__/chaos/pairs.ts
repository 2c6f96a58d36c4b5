import { clouds } from '../../src/clouds/registry.ts'
import { forges } from '../../src/forges/registry.ts'
import { awsRig } from './aws-rig.ts'
import { githubRig } from './github-rig.ts'
import { gitlabRig } from './gitlab-rig.ts'
import type { CloudRig, ForgeRig } from './rig.ts'

/** One for each line of the registries: how the matrix gets an emulated one, and what it can make of it. */
export const cloudRigs: readonly CloudRig[] = [awsRig]
export const forgeRigs: readonly ForgeRig[] = [githubRig, gitlabRig]

export interface Pair {
  /** `aws-github`. */
  readonly name: string
  readonly cloud: CloudRig
  readonly forge: ForgeRig
}

interface Named {
  readonly name: string
}

/** Every cloud with every forge that the product knows, or the one named. Throws when one of them can not be tried. */
export function pairsOf(
  only?: string,
  cloudLines: readonly Named[] = clouds,
  forgeLines: readonly Named[] = forges,
): readonly Pair[] {
  const names = cloudLines.flatMap((cloud) => forgeLines.map((forge) => [cloud.name, forge.name] as const))
  return names
    .map(([cloud, forge]) => ({ name: `${cloud}-${forge}`, cloud, forge }))
    .filter(({ name }) => only === undefined || name === only)
    .map(({ name, cloud, forge }) => ({
      name,
      cloud: rigOf('cloud', cloud, cloudRigs),
      forge: rigOf('forge', forge, forgeRigs),
    }))
}

function rigOf<R extends Named>(kind: 'cloud' | 'forge', name: string, rigs: readonly R[]): R {
  const rig = rigs.find((known) => known.name === name)
  if (rig) return rig
  throw new Error(
    `The ${kind} ${name} is in src/${kind}s/registry.ts and the matrix does not know how to try it: add __tests__/chaos/${name}-rig.ts, and its line to __tests__/chaos/pairs.ts.`,
  )
}
