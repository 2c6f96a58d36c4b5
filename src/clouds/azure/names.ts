import { digest } from '../../model/identity.ts'
import type { Lease } from '../../model/lease.ts'
import type { MachineKey } from '../../model/place.ts'

/** A machine by its group and its name in it. */
export interface Where {
  readonly group: string
  readonly name: string
}

/**
 * The name of a launch's machine: `cml-`, six letters of the scope and the identity. Two tries of one launch want the same name, and in one group only one of
 * them gets it.
 */
export function nameOfMachine({ scope, identity }: Pick<Lease, 'scope' | 'identity'>): string {
  return `cml-${digest([scope]).slice(0, 6)}-${identity}`
}

/** A group that is made for one machine. What is removed there may take minutes, so whatever is tried next has one of another name. */
export function nameOfGroup(lease: Pick<Lease, 'scope' | 'identity'>, parts: readonly string[]): string {
  return `${nameOfMachine(lease)}-${digest(parts).slice(0, 5)}`
}

const ownGroup = /^(cml-[a-z2-7]{6}-[a-z2-7]{20})-[a-z2-7]{5}$/

/** The machine that a group was made for; undefined for a group of somebody else's. */
export function machineOfGroup(group: string): string | undefined {
  return ownGroup.exec(group.toLowerCase())?.[1]
}

/** Is it a machine in the group that was made for it? Then they go together. */
export function isAlone({ group, name }: Where): boolean {
  return machineOfGroup(group) === name.toLowerCase()
}

/** Ids of machines: `group/cml-…`. */
export function idOf({ group, name }: Where): string {
  return `${group}/${name}`
}

/** Undefined for an id without a group: a person may have written the name alone. */
export function whereOf({ id }: Pick<MachineKey, 'id'>): Where | undefined {
  const [group, name, ...others] = id.split('/')
  return group && name && others.length === 0 ? { group, name } : undefined
}

/** Group and name in an id of Azure's. */
export function whereIn(id: string | undefined): Where | undefined {
  const [, group, name] = /\/resourceGroups\/([^/]+)\/.*\/([^/]+)$/i.exec(id ?? '') ?? []
  return group && name ? { group, name } : undefined
}
