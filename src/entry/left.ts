import type { Cloud } from '../clouds/cloud.ts'
import { shellWord } from '../lib/shell.ts'
import type { Lease } from '../model/lease.ts'
import { renderPlaces, type Place } from '../model/place.ts'
import { heeds } from '../options/heed.ts'
import { variableOf } from '../options/spelling.ts'
import { readTrail } from '../removal/trail.ts'
import { catalogue } from './catalogue.ts'
import type { Composition } from './compose.ts'
import { givenOf, type Given } from './given.ts'

/**
 * Where to look for what a launch may have left, and at a terminal what removes it; in CI that is the business of a later job. None before it makes
 * something, and none of a machine that is its user's.
 */
export function leftLines(
  { identity, name, expiresAt }: Lease,
  places: readonly Place[],
  composition: Composition,
): readonly string[] {
  const { clouds, forge, host } = composition.ports
  const { creating, handedOver, removed } = readTrail(host)
  if (!creating || handedOver || removed) return []
  return [
    `Stopped before the removal was confirmed. ${clouds.open
      .map((cloud) => lookFor(cloud, identity, places))
      .join(' ')} They end by themselves at ${new Date(expiresAt * 1000).toISOString()} at the latest.`,
    `Look for runner ${name} at ${forge.runnersPage}.`,
    ...(host.origin().host === 'terminal' ? [removalLine(name, places, composition)] : []),
  ]
}

function lookFor(cloud: Cloud, identity: Lease['identity'], places: readonly Place[]): string {
  const own = places.filter((place) => place.cloud === cloud.name)
  return `Look in ${renderPlaces(own)} for ${cloud.searchHint(identity)}.`
}

/** Others may have given the same name to a launch of theirs. What the launch itself did not heed is of something else. */
function removalLine(called: string, places: readonly Place[], { raw, ...parsed }: Composition): string {
  const what =
    parsed.values.name === undefined ? 'what is left' : 'what is left, and every other launch of that name,'
  const words = givenOf(catalogue.table, raw, parsed)
    .filter(({ name, row }) => name !== 'name' && heeds('launch', row) && heeds('stop', row))
    .flatMap(flagsOf)
  const line = ['cml-runner stop', ...words, ...placeOf(places, parsed), flag('name', called)]
  return `Remove ${what} with: ${line.join(' ')}`
}

/** Where nobody named a region a stop asks for all that there are, which whoever launches need not be allowed. One cloud's may be another's namespace. */
function placeOf(
  places: readonly Place[],
  { values, ports }: Pick<Composition, 'values' | 'ports'>,
): readonly string[] {
  if (values['cloud-region'] !== undefined || ports.clouds.several) return []
  return [flag('cloud-region', places.map(({ region }) => region).join(','))]
}

/** A variable is still there for a secret that came by one. One that came by a flag is shown to nobody, and goes into a variable of ours. */
function flagsOf({ name, text, variable, concealed }: Given): readonly string[] {
  if (concealed) return variable === undefined ? [`--${name} "$${variableOf(name)}"`] : []
  return [flag(name, text.replaceAll(/\s*[\r\n]+\s*/g, ','))]
}

/** What looks like an option would be taken for one. */
function flag(name: string, text: string): string {
  return `--${name}${text.startsWith('-') ? '=' : ' '}${shellWord(text)}`
}
