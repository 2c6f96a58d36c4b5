import { clouds } from '../../src/clouds/registry.ts'
import { forges } from '../../src/forges/registry.ts'
import { awsRig } from './aws-rig.ts'
import { azureRig } from './azure-rig.ts'
import { gcpRig } from './gcp-rig.ts'
import { githubRig } from './github-rig.ts'
import { gitlabRig } from './gitlab-rig.ts'
import { jointRig } from './joint-rig.ts'
import { kubernetesRig } from './kubernetes-rig.ts'
import { rowOf } from '../sides/sides.ts'
import type { CloudRig, ForgeRig } from './rig.ts'

/** One for each line of the registries: how the matrix gets an emulated one, and what it can make of it. */
const cloudRigs: Readonly<Record<string, CloudRig>> = {
  aws: awsRig,
  gcp: gcpRig,
  azure: azureRig,
  kubernetes: kubernetesRig,
}
const forgeRigs: Readonly<Record<string, ForgeRig>> = { github: githubRig, gitlab: gitlabRig }
const place = {
  purpose: 'try it in the matrix',
  file: '__tests__/chaos/<name>-rig.ts',
  table: '__tests__/chaos/pairs.ts',
}

export interface Pair {
  /** Cloud and forge, joined by a hyphen. */
  readonly name: string
  readonly cloud: CloudRig
  readonly forge: ForgeRig
}

interface Named {
  readonly name: string
}

/** Every cloud with every forge that the product knows, and all clouds at once; or the one named. Throws when one of them cannot be tried. */
export function pairsOf(
  only?: string,
  cloudLines: readonly Named[] = clouds,
  forgeLines: readonly Named[] = forges,
): readonly Pair[] {
  const rigOf = ({ name }: Named): CloudRig => rowOf('cloud', name, cloudRigs, place)
  const single = cloudLines.map((cloud) => ({ name: cloud.name, open: () => rigOf(cloud) }))
  const [first, second, third, ...others] = cloudLines
  const joint = third && {
    name: cloudLines.map(({ name }) => name).join('+'),
    open: () => jointRig([rigOf(first!), rigOf(second!), rigOf(third), ...others.map(rigOf)]),
  }
  const columns = joint ? [...single, joint] : single
  return columns
    .flatMap((cloud) => forgeLines.map((forge) => ({ name: `${cloud.name}-${forge.name}`, cloud, forge })))
    .filter(({ name }) => only === undefined || name === only)
    .map(({ name, cloud, forge }) => ({
      name,
      cloud: cloud.open(),
      forge: rowOf('forge', forge.name, forgeRigs, place),
    }))
}
