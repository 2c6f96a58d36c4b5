import { CloudMachine, CloudMachines } from '../cloud/machines.ts'
import type { MachineEnd } from '../machine-port.ts'
import { idOf } from './catalogue.ts'
import { Imds } from './metadata.ts'
import type { Pool } from './wire.ts'
import type { World } from './world.ts'

export type StateName = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped'

export interface Reason {
  readonly code: string
  readonly message: string
}

export interface Volume {
  readonly id: string
  readonly device: string
  readonly sizeGb: number
  readonly encrypted: boolean
  readonly deleteOnTermination: boolean
  readonly tags: Readonly<Record<string, string>>
}

/** What RunInstances has decided about a machine. */
export interface Order extends Pool {
  readonly imageId: string
  readonly architecture: string
  readonly rootDevice: string
  readonly subnet: string
  readonly vpc: string
  readonly publicAddress: boolean
  readonly ipv4: boolean
  readonly ipv6: boolean
  readonly metadataIpv6: boolean
  readonly groups: readonly { readonly id: string; readonly name: string }[]
  readonly clientToken: string | undefined
  readonly userData: Buffer
  readonly shutdown: 'stop' | 'terminate'
  readonly httpTokens: 'required' | 'optional'
  readonly hopLimit: number
  readonly profileArn: string | undefined
  readonly maxPrice: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly networkTags: Readonly<Record<string, string>>
  readonly spotTags: Readonly<Record<string, string>>
  readonly volumes: readonly Omit<Volume, 'id'>[]
}

/** A machine and the parts that were made with it. */
export class Machine extends CloudMachine {
  readonly id: string
  readonly number: number
  readonly order: Order
  readonly volumes: readonly Volume[]
  readonly networkInterface: string
  readonly spotRequest: string | undefined
  state: StateName = 'pending'
  reason: Reason | undefined
  override readonly metadata: Imds

  constructor(number: number, order: Order, now: number) {
    super(now)
    this.number = number
    this.id = idOf('i', String(number), String(now))
    this.order = order
    const { region, userData } = order
    this.metadata = new Imds({ instanceId: this.id, region, userData })
    this.volumes = order.volumes.map((volume) => ({ ...volume, id: idOf('vol', this.id, volume.device) }))
    this.networkInterface = idOf('eni', this.id)
    this.spotRequest = order.market === 'spot' ? `sir-${idOf('', this.id).slice(1, 9)}` : undefined
  }

  get key(): string {
    return this.id
  }

  get ended(): boolean {
    return this.state === 'terminated'
  }

  get billed(): boolean {
    return this.state !== 'terminated' && this.state !== 'shutting-down'
  }

  become(state: StateName, reason?: Reason): void {
    this.state = state
    this.looks = 0
    if (reason) this.reason = reason
  }
}

/** All machines of the account and what happens to them. */
export class Machines extends CloudMachines<Machine, World> {
  create(order: Order): Machine {
    const machine = new Machine(this.all.length + 1, order, this.world.now())
    const { metadata } = machine
    return this.add(machine, { userData: order.userData, carrier: 'cloud-init', metadata })
  }

  protected ended(machine: Machine, end: MachineEnd): void {
    if (end === 'powered-off') this.powerOff(machine)
    if (end === 'died') this.#finish(machine, this.world.dials.death)
    if (end === 'terminated') this.#finish(machine)
  }

  /** The machine switched itself off. */
  powerOff(machine: Machine): void {
    if (machine.ended || machine.state === 'shutting-down') return this.#finish(machine)
    const reason = {
      code: 'Client.InstanceInitiatedShutdown',
      message: 'Client.InstanceInitiatedShutdown: Instance initiated shutdown',
    }
    if (machine.order.shutdown === 'terminate') return this.#finish(machine, reason)
    machine.become('stopped', reason)
    this.world.changed()
  }

  /** TerminateInstances, or EC2 itself, takes the machine away. */
  terminate(machine: Machine, reason: Reason): void {
    if (machine.ended || machine.state === 'shutting-down') return
    machine.become('shutting-down', reason)
    if (machine.emulated) void machine.emulated.terminate()
    else if (this.world.dials.transitions.terminated === 0) this.#finish(machine)
    this.world.changed()
  }

  #finish(machine: Machine, reason?: Reason): void {
    if (machine.ended) return
    if (this.world.dials.transitions.terminated > 0 && machine.state !== 'shutting-down')
      machine.become('shutting-down', reason)
    if (this.world.dials.transitions.terminated === 0) machine.become('terminated', reason)
    this.world.changed()
  }

  /** One look at a machine: states move on with looks. */
  look(machine: Machine): void {
    const { running, terminated } = this.world.dials.transitions
    machine.looks++
    if (machine.state === 'pending' && machine.looks > running) machine.become('running')
    if (machine.state === 'shutting-down' && machine.atRest && machine.looks > terminated)
      machine.become('terminated')
  }
}
