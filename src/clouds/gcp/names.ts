import { createHash } from 'node:crypto'
import { digest } from '../../model/identity.ts'
import type { Lease } from '../../model/lease.ts'
import type { MachineKey } from '../../model/place.ts'
import type { GceInstance, Where } from './compute.ts'
import { lastPart, regionOf } from './regions.ts'

/**
 * The name of a launch's machine: `cml-` and six letters of the scope, so that a condition of IAM can hold somebody to the machines of one repository, and the
 * identity. Two tries of one launch want the same name, and in one zone only one of them gets it.
 */
export function nameOfMachine({ scope, identity }: Pick<Lease, 'scope' | 'identity'>): string {
  return `cml-${digest([scope]).slice(0, 6)}-${identity}`
}

/** Ids of machines: `us-west1-b/cml-…`. */
export function idOf({ zone, name }: Where): string {
  return `${zone}/${name}`
}

/** Undefined for an id without a zone: a person may have written the name alone. */
export function whereOf({ id }: Pick<MachineKey, 'id'>): Where | undefined {
  const [zone, name, ...others] = id.split('/')
  return zone && name && others.length === 0 ? { zone, name } : undefined
}

export function placeOf({
  zone,
  name,
}: Pick<GceInstance, 'zone' | 'name'>): Where & { readonly region: string } {
  const own = lastPart(zone)
  return { zone: own, name: name ?? '', region: regionOf(own) }
}

/** A UUID that says nothing but that two orders are the same one. */
export function requestIdOf(parts: readonly string[]): string {
  const hex = createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  const variant = '89ab'[parseInt(hex[16]!, 16) % 4]
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
