import { clouds } from '../../src/clouds/registry.ts'
import { forges } from '../../src/forges/registry.ts'
import { awsSide } from './aws.ts'
import type { CloudSide } from './cloud-side.ts'
import { githubSide } from './github.ts'
import { gitlabSide } from './gitlab.ts'

export type CloudName = (typeof clouds)[number]['name']

/** One for each line of the product's registries: what is emulated, and what it is called there. */
export const cloudSides = { aws: awsSide } as const satisfies Readonly<Record<CloudName, CloudSide>>
export const forgeSides = { github: githubSide, gitlab: gitlabSide } as const
export type ForgeName = keyof typeof forgeSides

/** All that the registry has. Throws for one that has no side. */
export const forgeNames = (): readonly ForgeName[] => forges.map(({ name }) => forgeSide(name))

/** The side of a cloud; throws with the file to add where there is none. */
export function cloudSide(name: string): CloudSide {
  return sideOf('cloud', name, cloudSides)
}

/** The same of a forge: its name, as the table of sides has it. */
export function forgeSide(name: string): ForgeName {
  sideOf('forge', name, forgeSides)
  return name as ForgeName
}

/** A row of a table by cloud or forge; throws with the file to add where there is none. */
export function sideOf<S>(kind: 'cloud' | 'forge', name: string, sides: Readonly<Record<string, S>>): S {
  const side = sides[name]
  if (side !== undefined) return side
  throw new Error(
    `The ${kind} ${name} is in src/${kind}s/registry.ts and tests do not know how to play it: add __tests__/sides/${name}.ts, and its line to __tests__/sides/sides.ts.`,
  )
}

/** The cloud of stories that are about no cloud: CML_TEST_CLOUD, or the registry's first. */
export function usualCloud(): CloudSide {
  return cloudSide(process.env.CML_TEST_CLOUD ?? clouds[0].name)
}

export interface Pair {
  /** `aws-github`: in the registries' words. */
  readonly name: string
  readonly cloud: CloudSide
  readonly forge: ForgeName
}

interface Named {
  readonly name: string
}

/** Every cloud with every forge that the product knows. Throws for the first that has no side. */
export function pairsOf(
  cloudLines: readonly Named[] = clouds,
  forgeLines: readonly Named[] = forges,
): readonly Pair[] {
  return cloudLines.flatMap((cloud) =>
    forgeLines.map((forge) => ({
      name: `${cloud.name}-${forge.name}`,
      cloud: cloudSide(cloud.name),
      forge: forgeSide(forge.name),
    })),
  )
}
