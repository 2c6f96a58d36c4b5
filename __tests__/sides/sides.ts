import { clouds } from '../../src/clouds/registry.ts'
import { forges } from '../../src/forges/registry.ts'
import { awsSide } from './aws.ts'
import { azureSide } from './azure.ts'
import type { CloudSide } from './cloud-side.ts'
import { gcpSide } from './gcp.ts'
import { githubSide } from './github.ts'
import { gitlabSide } from './gitlab.ts'
import { kubernetesSide } from './kubernetes.ts'

export type CloudName = (typeof clouds)[number]['name']

/** One for each line of the product's registries: what is emulated, and what it is called there. */
export const cloudSides = {
  aws: awsSide,
  gcp: gcpSide,
  azure: azureSide,
  kubernetes: kubernetesSide,
} as const satisfies Readonly<Record<CloudName, CloudSide>>
export const forgeSides = { github: githubSide, gitlab: gitlabSide } as const
export type ForgeName = keyof typeof forgeSides

/** The side of a cloud; throws with the file to add where there is none. */
export function cloudSide(name: string): CloudSide {
  return rowOf('cloud', name, cloudSides, sidesPlace)
}

/** The same of a forge: its name, as the table of sides has it. */
export function forgeSide(name: string): ForgeName {
  rowOf('forge', name, forgeSides, sidesPlace)
  return name as ForgeName
}

/** Where a table by cloud or forge is kept. */
export interface TablePlace {
  /** What tests cannot do without the row. */
  readonly purpose: string
  /** The file to add; `<name>` stands for the cloud's or the forge's. */
  readonly file: string
  /** Where its line belongs. */
  readonly table: string
}

const sidesPlace: TablePlace = {
  purpose: 'play it',
  file: '__tests__/sides/<name>.ts',
  table: '__tests__/sides/sides.ts',
}

/** A row of a table by cloud or forge. Throws with the file to add where there is none. */
export function rowOf<R>(
  kind: 'cloud' | 'forge',
  name: string,
  rows: Readonly<Record<string, R>>,
  { purpose, file, table }: TablePlace,
): R {
  const row = rows[name]
  if (row !== undefined) return row
  throw new Error(
    `The ${kind} ${name} is in src/${kind}s/registry.ts and tests do not know how to ${purpose}: add ${file.replace('<name>', name)}, and its line to ${table}.`,
  )
}

/** The cloud of stories that are about no cloud: CML_TEST_CLOUD, or the registry's first. */
export function usualCloud(): CloudSide {
  return cloudSide(process.env.CML_TEST_CLOUD ?? clouds[0].name)
}

export interface Pair {
  /** Cloud and forge in the registries' words, joined by a hyphen. */
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

/** Stories are told of a part of what there is, each of another; with CML_TEST_PAIRS=all of everything. */
const whole = process.env.CML_TEST_PAIRS === 'all'

/**
 * Which of the clouds and forges the story with this number is told of: every cloud, with one forge each, and with the next one in the next story. So
 * each cloud meets each story, each pair half of them, and all of them what `lives/` and the chaos do.
 */
export function pairsInTurn(turn: number): readonly Pair[] {
  const pairs = pairsOf()
  const dealt = clouds.map((_, index) => pairs[index * forges.length + ((index + turn) % forges.length)]!)
  return whole ? pairs : dealt
}

/** Of several ways to tell one story the one with this number and each second after it. */
export function everySecond<T>(all: readonly T[], turn: number): readonly T[] {
  return whole ? all : all.filter((_, index) => index % 2 === turn % 2)
}
