import { digestOf, type CloudEmulator } from '../cloud/front.ts'
import type { ServerOptions } from '../http/server.ts'
import type { BootMachine } from '../machine-port.ts'
import { federationFile, keyFile } from './credentials.ts'
import { Front } from './front.ts'
import type { Machine } from './machines.ts'
import type { JournalEntry } from './wire.ts'
import { World } from './world.ts'

export type { Machine } from './machines.ts'
export { documentedLimit } from './wire.ts'
export type { Dials, Fault, JournalEntry, Pool } from './wire.ts'

export interface GcpOptions extends ServerOptions {
  /** Boots a machine with the very bytes that were sent; without it machines are only entries. */
  readonly boot?: BootMachine
  /** Unix ms. */
  readonly now?: () => number
  /** Id of the project. */
  readonly account?: string
}

/** What is still there and costs money, or would. */
export interface Leftovers {
  readonly instances: number
  readonly disks: number
}

/** An emulated Compute Engine: one project with all its zones, at the address that `CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE` must say. */
export interface GcpEmulator extends CloudEmulator<World, JournalEntry> {
  readonly project: string
  readonly world: World
  /** Contents of credentials by which a forge's own tokens are exchanged; `impersonate`: the account that is then acted as. */
  federation(impersonate?: string): string
  /** A machine that is there without anybody's request. `launchedAt`: unix ms, now when absent. */
  seedMachine(
    zone: string,
    seed: {
      readonly name: string
      readonly labels?: Readonly<Record<string, string>>
      readonly metadata?: Readonly<Record<string, string>>
      readonly launchedAt?: number | undefined
    },
  ): Machine
  /** The machine switches itself off. */
  powerOff(key: string): void
  /** Somebody stops the machine through the API. */
  stop(key: string): void
  /** Compute Engine takes the machine away; why, in the words of its record. */
  end(key: string, why?: string): void
  leftovers(): Leftovers
}

export async function startGcp(options: GcpOptions = {}): Promise<GcpEmulator> {
  const emulator = new Gcp(options)
  await emulator.listen(options.port)
  return emulator
}

class Gcp extends Front implements GcpEmulator {
  override readonly world: World
  protected readonly notice = 30_000

  constructor({ boot, now, account = 'my-project', ...server }: GcpOptions) {
    const world = new World(account, now, boot)
    super(world, server)
    this.world = world
  }

  get project(): string {
    return this.world.project
  }

  get variables(): Readonly<Record<string, string>> {
    return {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${this.url}/compute/v1/`,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER: `${this.url}/`,
      GOOGLE_APPLICATION_CREDENTIALS_DATA: keyFile(this.project),
    }
  }

  federation(impersonate?: string): string {
    return federationFile(this.url, impersonate)
  }

  seedMachine(
    zone: string,
    { name, labels = {}, metadata = {}, launchedAt }: Parameters<GcpEmulator['seedMachine']>[1],
  ): Machine {
    const machine = this.world.machines.create({
      name,
      zone,
      region: zone.replace(/-[a-z]$/, ''),
      type: 'e2-standard-4',
      market: 'on-demand',
      description: undefined,
      machineType: 'e2-standard-4',
      accelerator: undefined,
      labels,
      metadata,
      image: 'projects/debian-cloud/global/images/debian-12-bookworm-v20260805',
      diskGb: 10,
      diskType: 'pd-balanced',
      diskLabels: {},
      autoDelete: true,
      network: 'default',
      subnetwork: 'default',
      ipv6Only: false,
      publicAddress: true,
      serviceAccount: undefined,
      scheduling: {
        onHostMaintenance: 'MIGRATE',
        automaticRestart: true,
        instanceTerminationAction: undefined,
        maxRunSeconds: undefined,
      },
    })
    if (launchedAt !== undefined) machine.launchedAt = launchedAt
    return machine
  }

  powerOff(key: string): void {
    this.world.machines.powerOff(this.machine(key))
  }

  stop(key: string): void {
    this.world.machines.stop(this.machine(key))
  }

  end(key: string, why = 'compute.instances.preempted'): void {
    this.world.machines.take(this.machine(key), why)
  }

  protected take(key: string): void {
    this.end(key)
  }

  leftovers(): Leftovers {
    const billed = this.machines.filter((machine) => machine.billed)
    const orphans = this.machines.filter((machine) => machine.gone && !machine.order.autoDelete)
    return {
      instances: billed.filter(({ status }) => status !== 'TERMINATED').length,
      disks: billed.length + orphans.length,
    }
  }

  snapshot(): object {
    return {
      machines: this.machines.map(({ id, key, order, status, gone, labels, payload }) => ({
        id,
        key,
        status: gone ? 'GONE' : status,
        type: order.type,
        market: order.market,
        image: order.image,
        labels,
        payload: digestOf(payload),
      })),
      ...this.leftovers(),
    }
  }
}
