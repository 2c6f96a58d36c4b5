import { digestOf, type CloudEmulator } from '../cloud/front.ts'
import type { ServerOptions } from '../http/server.ts'
import type { BootMachine } from '../machine-port.ts'
import { Front } from './front.ts'
import type { Machine } from './machines.ts'
import type { Networks } from './network.ts'
import { runInstances } from './run-instances.ts'
import type { JournalEntry } from './wire.ts'
import { World } from './world.ts'

export type { EmulatedImage } from './catalogue.ts'
export type { Machine } from './machines.ts'
export { documentedLimit } from './wire.ts'
export type { Dials, Fault, JournalEntry, Pool } from './wire.ts'

export interface Ec2Options extends ServerOptions {
  /** Boots a machine with the very bytes that were sent; without it machines are only entries. */
  readonly boot?: BootMachine
  /** Unix ms. */
  readonly now?: () => number
  /** Twelve digits. */
  readonly account?: string
}

/** What is still there and costs money, or would. */
export interface Leftovers {
  readonly instances: number
  readonly volumes: number
  readonly networkInterfaces: number
}

/** An emulated EC2: every region of one account behind one address, which is what `AWS_ENDPOINT_URL_EC2` must say. */
export interface Ec2Emulator extends CloudEmulator<World, JournalEntry> {
  /** Whose machines these are, as STS tells at the same address. */
  readonly account: string
  /** What STS was asked. */
  readonly stsJournal: readonly JournalEntry[]
  readonly images: World['images']
  readonly networks: Networks
  /** A machine that is there without anybody's request: somebody else's, or of another day. `launchedAt`: unix ms, now when absent. */
  seedMachine(region: string, tags: Readonly<Record<string, string>>, launchedAt?: number): Machine
  /** The machine switches itself off, as its order says. */
  powerOff(id: string): void
  /** Somebody stops the machine through the API: it lives on, and is billed. */
  stop(id: string): void
  /** EC2 takes the machine away. */
  end(id: string, reason: { readonly code: string; readonly message: string }): void
  leftovers(): Leftovers
}

export async function startEc2(options: Ec2Options = {}): Promise<Ec2Emulator> {
  const emulator = new Ec2(options)
  await emulator.listen(options.port)
  return emulator
}

class Ec2 extends Front implements Ec2Emulator {
  protected readonly notice = 120_000

  constructor({ boot, now, account = '111122223333', ...server }: Ec2Options) {
    super(new World(now, boot), account, server)
  }

  get variables(): Readonly<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL_EC2: this.url,
      AWS_ENDPOINT_URL_STS: this.url,
      AWS_ENDPOINT_URL_SERVICE_QUOTAS: this.url,
      AWS_ACCESS_KEY_ID: 'AKIAEMULATED00000001',
      AWS_SECRET_ACCESS_KEY: 'emulated-secret',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    }
  }

  get images(): World['images'] {
    return this.world.images
  }

  get networks(): Networks {
    return this.world.networks
  }

  seedMachine(region: string, tags: Readonly<Record<string, string>>, launchedAt?: number): Machine {
    const image = this.images.find((known) => known.region === region && known.architecture === 'x86_64')
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
    const machine = runInstances(this.world, region, {
      MinCount: 1,
      MaxCount: 1,
      ImageId: image?.id ?? '',
      InstanceType: 'm7i.xlarge',
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    })
    if (launchedAt !== undefined) machine.launchedAt = launchedAt
    return machine
  }

  powerOff(id: string): void {
    this.world.machines.powerOff(this.machine(id))
  }

  stop(id: string): void {
    this.machine(id).become('stopped', {
      code: 'Client.UserInitiatedShutdown',
      message: 'Client.UserInitiatedShutdown: User initiated shutdown',
    })
    this.world.changed()
  }

  end(id: string, reason: { readonly code: string; readonly message: string }): void {
    this.world.machines.terminate(this.machine(id), reason)
  }

  protected take(id: string): void {
    const code = 'Server.SpotInstanceTermination'
    this.end(id, { code, message: `${code}: Spot instance termination` })
  }

  leftovers(): Leftovers {
    const billed = this.machines.filter((machine) => machine.billed)
    const volumes = this.machines.flatMap((machine) =>
      machine.volumes.filter((volume) => machine.billed || !volume.deleteOnTermination),
    )
    return { instances: billed.length, volumes: volumes.length, networkInterfaces: billed.length }
  }

  snapshot(): object {
    return {
      machines: this.machines.map(({ id, state, order, volumes, reason }) => ({
        id,
        state,
        region: order.region,
        zone: order.zone,
        type: order.type,
        market: order.market,
        image: order.imageId,
        tags: order.tags,
        volumes: volumes.map((volume) => volume.id),
        userData: digestOf(order.userData),
        ...(reason ? { reason: reason.code } : {}),
      })),
      ...this.leftovers(),
    }
  }
}
