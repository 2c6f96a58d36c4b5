import { digestOf, type CloudEmulator } from '../cloud/front.ts'
import type { ServerOptions } from '../http/server.ts'
import type { BootMachine } from '../machine-port.ts'
import { startingImages } from './catalogue.ts'
import { certificate, trusting, type Certificate } from './certificate.ts'
import { entra } from './credentials.ts'
import { Front } from './front.ts'
import type { Machine } from './machines.ts'
import type { JournalEntry } from './wire.ts'
import { identityId, World } from './world.ts'

export type { Machine } from './machines.ts'
export { documentedLimit } from './wire.ts'
export type { Dials, Fault, JournalEntry, Pool } from './wire.ts'
export { identityId, usersGroup } from './world.ts'
export { entra } from './credentials.ts'

/** The subscription of every emulator that is given no other. */
export const usualSubscription = '33333333-3333-4333-8333-333333333333'

export interface AzureOptions extends ServerOptions {
  /** Boots a machine with the very bytes that were sent; without it machines are only entries. */
  readonly boot?: BootMachine
  /** Unix ms. */
  readonly now?: () => number
  /** Id of the subscription. */
  readonly account?: string
}

/** What is still there and costs money, or would. */
export interface Leftovers {
  readonly machines: number
  readonly disks: number
  readonly cards: number
  readonly addresses: number
}

/** An emulated Azure: one subscription with all its regions, at the address that AZURE_RESOURCE_MANAGER_ENDPOINT must say. */
export interface AzureEmulator extends CloudEmulator<World, JournalEntry> {
  readonly subscription: string
  readonly world: World
  /** A machine that is there without anybody's request. `launchedAt`: unix ms, now when absent. */
  seedMachine(
    region: string,
    seed: {
      readonly name: string
      readonly group?: string
      readonly tags?: Readonly<Record<string, string>>
      readonly launchedAt?: number | undefined
    },
  ): Machine
  /** The machine switches itself off. */
  powerOff(key: string): void
  /** Somebody deallocates it. */
  deallocate(key: string): void
  /** The spot market takes it, without a trace. */
  evict(key: string): void
  /** Somebody removes it. */
  remove(key: string): void
  leftovers(): Leftovers
  /** Groups and networks that were made for machines and have none. */
  emptyGroups(): readonly string[]
}

export async function startAzure(options: AzureOptions = {}): Promise<AzureEmulator> {
  const own = await certificate()
  const emulator = new Azure({ tls: own, ...options }, own)
  await emulator.listen(options.port)
  return emulator
}

class Azure extends Front implements AzureEmulator {
  override readonly world: World
  protected readonly notice = 30_000
  readonly #certificate: Certificate

  constructor({ boot, now, account = usualSubscription, ...server }: AzureOptions, own: Certificate) {
    const world = new World({ subscription: account, clock: now, boot, trusted: own.path })
    super(world, server)
    this.world = world
    this.#certificate = own
  }

  get subscription(): string {
    return this.world.subscription
  }

  get variables(): Readonly<Record<string, string>> {
    return {
      AZURE_RESOURCE_MANAGER_ENDPOINT: this.url,
      AZURE_AUTHORITY_HOST: this.url,
      AZURE_TENANT_ID: entra.tenant,
      AZURE_CLIENT_ID: entra.client,
      AZURE_CLIENT_SECRET: entra.secret,
      AZURE_SUBSCRIPTION_ID: this.subscription,
      ...trusting(this.#certificate),
    }
  }

  seedMachine(
    region: string,
    { name, group = 'others', tags = {}, launchedAt }: Parameters<AzureEmulator['seedMachine']>[1],
  ): Machine {
    const machine = this.world.machines.create({
      group,
      name,
      region,
      place: region,
      zone: undefined,
      type: 'Standard_D8s_v5',
      market: 'on-demand',
      tags,
      partTags: {},
      image: startingImages()[0]!,
      reference: { publisher: 'Canonical', offer: 'ubuntu-24_04-lts', sku: 'server', version: 'latest' },
      plan: undefined,
      customData: Buffer.alloc(0),
      computerName: name,
      adminUsername: 'azureuser',
      publicKeys: [],
      diskGb: 30,
      diskKind: 'StandardSSD_LRS',
      diskDeletes: true,
      cardName: name,
      cardDeletes: true,
      addressDeletes: true,
      publicAddress: false,
      subnet:
        '/subscriptions/x/resourceGroups/others/providers/Microsoft.Network/virtualNetworks/n/subnets/s',
      identities: [],
      evictionPolicy: undefined,
      maxPrice: undefined,
      bootDiagnostics: true,
    })
    machine.provisioning = 'Succeeded'
    machine.power = 'running'
    if (launchedAt !== undefined) machine.launchedAt = launchedAt
    return machine
  }

  powerOff(key: string): void {
    this.world.machines.powerOff(this.machine(key))
  }

  deallocate(key: string): void {
    this.world.machines.deallocate(this.machine(key))
  }

  evict(key: string): void {
    this.world.machines.evict(this.machine(key))
  }

  remove(key: string): void {
    this.world.machines.delete(this.machine(key))
  }

  protected take(key: string): void {
    this.evict(key)
  }

  leftovers(): Leftovers {
    const { machines } = this
    const there = machines.filter((machine) => machine.there)
    const orphaned = (detached: (order: Machine['order']) => boolean): number =>
      machines.filter(({ gone, order }) => gone && detached(order)).length
    return {
      machines: there.filter((machine) => machine.billed).length,
      disks: there.length + orphaned(({ diskDeletes }) => !diskDeletes),
      cards: there.length + orphaned(({ cardDeletes }) => !cardDeletes),
      addresses:
        there.filter(({ order }) => order.publicAddress).length +
        orphaned(({ addressDeletes }) => !addressDeletes),
    }
  }

  emptyGroups(): readonly string[] {
    return this.world.groups
      .filter(
        ({ name, deleting }) => /^cml-/.test(name) && !deleting && this.world.machines.in(name).length === 0,
      )
      .map(({ name }) => name)
  }

  snapshot(): object {
    return {
      all: this.machines.map((machine) => ({
        key: machine.key,
        state: machine.gone
          ? 'gone'
          : machine.deleting
            ? 'deleting'
            : `${machine.provisioning}/${machine.power}`,
        type: machine.order.type,
        market: machine.order.market,
        tags: machine.tags,
        payload: digestOf(machine.order.customData),
      })),
      groups: this.world.groups.map(({ name, deleting }) => ({ name, deleting })),
      ...this.leftovers(),
    }
  }
}

/** The identity that the users' group has for machines. */
export const usualIdentity = identityId(usualSubscription)
