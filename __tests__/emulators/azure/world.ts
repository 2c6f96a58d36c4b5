import { CloudWorld } from '../cloud/machines.ts'
import type { BootMachine } from '../machine-port.ts'
import { startingImages, type EmulatedImage } from './catalogue.ts'
import { Machines } from './machines.ts'
import { Operations } from './operations.ts'
import { startingDials } from './wire.ts'

export interface Group {
  readonly name: string
  readonly location: string
  tags: Readonly<Record<string, string>>
  deleting: boolean
  looks: number
}

export interface Network {
  readonly group: string
  readonly name: string
  readonly location: string
  readonly tags: Readonly<Record<string, string>>
  readonly subnets: readonly { readonly name: string; readonly prefix: string; readonly gateway?: boolean }[]
  ready: boolean
}

export interface WorldOptions {
  readonly subscription: string
  readonly clock: (() => number) | undefined
  readonly boot: BootMachine | undefined
  readonly trusted: string | undefined
}

/** The group that somebody has made for machines, with a network. */
export const usersGroup = 'runners'

/** Everything that a subscription has. */
export class World extends CloudWorld {
  readonly subscription: string
  readonly images: EmulatedImage[] = startingImages()
  readonly groups: Group[] = []
  readonly networks: Network[] = []
  /** Ids of identities that exist. */
  readonly identities: Set<string>
  readonly operations = new Operations()
  readonly machines = new Machines(this)
  /** PEM file that images of machines trust. */
  readonly trusted: string | undefined
  readonly dials = startingDials()
  /** Every PUT of a group, also of one that was there. */
  groupsMade = 0

  constructor({ subscription, clock, boot, trusted }: WorldOptions) {
    super(clock, boot)
    this.trusted = trusted
    this.subscription = subscription
    this.identities = new Set([identityId(subscription)])
    this.groups.push(group(usersGroup, 'westus2'), group('others', 'westus2'))
    for (const location of ['westus2', 'eastus', 'westeurope'])
      this.networks.push({
        group: usersGroup,
        name: `runners-${location}`,
        location,
        tags: {},
        subnets: [{ name: 'machines', prefix: '10.1.0.0/20' }],
        ready: true,
      })
  }

  groupOf(name: string): Group | undefined {
    return this.groups.find((known) => known.name.toLowerCase() === name.toLowerCase())
  }

  networkOf(group: string, name: string): Network | undefined {
    return this.networks.find(
      (known) =>
        known.group.toLowerCase() === group.toLowerCase() && known.name.toLowerCase() === name.toLowerCase(),
    )
  }

  /** A group that is being removed is gone once all in it is. */
  settle(found: Group): void {
    found.looks++
    if (!found.deleting) return
    for (const machine of this.machines.in(found.name)) this.machines.look(machine)
    if (this.machines.in(found.name).length > 0 || found.looks <= this.dials.transitions.terminated) return
    this.groups.splice(this.groups.indexOf(found), 1)
    for (const network of this.networks.filter((one) => one.group === found.name))
      this.networks.splice(this.networks.indexOf(network), 1)
  }

  override tick(): void {
    this.machines.tick()
    for (const found of [...this.groups])
      if (found.deleting && this.dials.transitions.terminated === 0) this.settle(found)
    super.tick()
  }
}

export function group(name: string, location: string, tags: Readonly<Record<string, string>> = {}): Group {
  return { name, location, tags, deleting: false, looks: 0 }
}

export function identityId(subscription: string, name = 'runner'): string {
  return `/subscriptions/${subscription}/resourceGroups/${usersGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`
}
