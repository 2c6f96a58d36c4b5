import { randomUUID } from 'node:crypto'
import { CloudMachine, CloudMachines } from '../cloud/machines.ts'
import type { MachineEnd } from '../machine-port.ts'
import type { EmulatedImage } from './catalogue.ts'
import { Imds } from './metadata.ts'
import type { Operation } from './operations.ts'
import type { Pool, Trouble } from './wire.ts'
import type { World } from './world.ts'

/** What a PUT has decided about a machine. */
export interface Order extends Pool {
  readonly group: string
  readonly name: string
  readonly zone: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly partTags: Readonly<Record<string, string>>
  readonly image: EmulatedImage
  readonly reference: Readonly<Record<string, unknown>>
  readonly plan: Readonly<Record<string, unknown>> | undefined
  readonly customData: Buffer
  readonly computerName: string
  readonly adminUsername: string
  readonly publicKeys: readonly unknown[]
  readonly diskGb: number
  readonly diskKind: string
  readonly diskDeletes: boolean
  readonly cardName: string
  readonly cardDeletes: boolean
  readonly addressDeletes: boolean
  readonly publicAddress: boolean
  readonly subnet: string
  readonly identities: readonly string[]
  readonly evictionPolicy: string | undefined
  readonly maxPrice: number | undefined
  readonly bootDiagnostics: boolean
}

export type Power = 'starting' | 'running' | 'stopped' | 'deallocated'

/** A machine and its parts. */
export class Machine extends CloudMachine {
  readonly vmId = randomUUID()
  readonly order: Order
  readonly number: number
  tags: Readonly<Record<string, string>>
  provisioning: 'Creating' | 'Updating' | 'Succeeded' | 'Failed' = 'Creating'
  power: Power = 'starting'
  trouble: Trouble | undefined
  operation: Operation | undefined
  deleting = false
  gone = false
  /** Taken by the spot market: nothing of it was ordered. */
  evicted = false
  /** Unix ms at which it is to be deallocated. */
  endsAt: number | undefined
  override readonly metadata: Imds
  override readonly token: string

  constructor(number: number, order: Order, world: World) {
    super(world.now())
    const { subscription, trusted } = world
    this.number = number
    this.order = order
    this.tags = order.tags
    this.token = `eyJ0eXAiOiJKV1Qi.machine-${number}-${this.vmId}`
    this.metadata = new Imds({
      resourceId: `/subscriptions/${subscription}/resourceGroups/${order.group}/providers/Microsoft.Compute/virtualMachines/${order.name}`,
      name: order.name,
      location: order.region,
      identities: order.identities,
      token: this.token,
      ...(trusted ? { trusted } : {}),
    })
  }

  get key(): string {
    return `${this.order.group}/${this.order.name}`
  }

  /** Somebody pays for its cores. */
  get billed(): boolean {
    return !this.gone && !this.deleting && this.power !== 'deallocated'
  }

  /** Something of it is there that costs money. */
  get there(): boolean {
    return !this.gone && !this.deleting
  }
}

const deaths = {
  failed: {
    code: 'OSProvisioningInternalError',
    message: 'OS Provisioning failed for VM due to an internal error: the VM did not come up.',
  },
  unallocated: {
    code: 'AllocationFailed',
    message:
      'Allocation failed. Please try reducing the VM size or number of VMs, retry later, or try deploying to a different Availability Set or different Azure location.',
  },
} as const satisfies Readonly<Record<string, Trouble>>

/** All machines of the subscription and what happens to them. */
export class Machines extends CloudMachines<Machine, World> {
  get there(): readonly Machine[] {
    return this.all.filter(({ gone }) => !gone)
  }

  in(group: string): readonly Machine[] {
    return this.there.filter(({ order }) => order.group.toLowerCase() === group.toLowerCase())
  }

  find(group: string, name: string): Machine | undefined {
    return this.in(group).find(({ order }) => order.name.toLowerCase() === name.toLowerCase())
  }

  create(order: Order, trouble?: Trouble): Machine {
    const machine = new Machine(this.all.length + 1, order, this.world)
    machine.trouble = trouble
    const { metadata } = machine
    const copies = ['/var/lib/waagent/ovf-env.xml']
    const sent = { userData: order.customData, carrier: 'cloud-init', metadata, copies } as const
    return this.add(machine, trouble ? undefined : sent)
  }

  protected ended(machine: Machine, end: MachineEnd): void {
    if (machine.deleting) return this.settle(machine)
    if (end === 'powered-off') this.powerOff(machine)
    if (end === 'died') this.#die(machine)
    if (end === 'terminated' && machine.power !== 'deallocated') this.delete(machine)
  }

  #die(machine: Machine): void {
    const { death } = this.world.dials
    if (death === 'evicted') return this.evict(machine)
    if (death === 'stopped') return this.powerOff(machine)
    machine.trouble = deaths[death]
    this.fail(machine)
  }

  /** It could not be had after all: it stays, with its disk and card. */
  fail(machine: Machine): void {
    machine.provisioning = 'Failed'
    if (machine.operation) {
      machine.operation.ended ??= this.world.now()
      machine.operation.trouble = machine.trouble
    }
    this.world.changed()
  }

  /** The machine switched itself off, or a person did; its bill goes on. */
  powerOff(machine: Machine): void {
    if (machine.gone || machine.deleting) return this.settle(machine)
    machine.provisioning = 'Succeeded'
    machine.power = 'stopped'
    this.world.changed()
  }

  deallocate(machine: Machine): void {
    if (machine.gone || machine.deleting) return
    machine.provisioning = 'Succeeded'
    machine.power = 'deallocated'
    this.world.changed()
    void machine.emulated?.terminate()
  }

  /** The spot market takes the machine, and its parts go with it. */
  evict(machine: Machine): void {
    if (machine.gone || machine.deleting) return
    machine.evicted = true
    this.delete(machine)
  }

  /** What DELETE begins. */
  delete(machine: Machine): void {
    if (machine.gone || machine.deleting) return
    machine.deleting = true
    machine.looks = 0
    if (machine.emulated && !machine.atRest) void machine.emulated.terminate()
    else this.settle(machine)
    this.world.changed()
  }

  settle(machine: Machine): void {
    const over = machine.evicted || machine.looks >= this.world.dials.transitions.terminated
    if (machine.deleting && machine.atRest && over) machine.gone = true
    this.world.changed()
  }

  /** What time alone does. */
  tick(): void {
    const now = this.world.now()
    for (const machine of this.there)
      if (machine.endsAt !== undefined && now >= machine.endsAt && machine.power !== 'deallocated')
        this.deallocate(machine)
  }

  /** One look at a machine: states move on with looks. */
  look(machine: Machine): void {
    machine.looks++
    if (machine.deleting) return this.settle(machine)
    if (machine.provisioning !== 'Creating' || machine.looks <= this.world.dials.transitions.running) return
    if (machine.trouble) return this.fail(machine)
    machine.provisioning = 'Succeeded'
    if (machine.power === 'starting') machine.power = 'running'
    if (machine.operation) machine.operation.ended ??= this.world.now()
  }
}
