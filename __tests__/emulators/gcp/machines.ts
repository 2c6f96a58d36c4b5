import { CloudMachine, CloudMachines } from '../cloud/machines.ts'
import type { MachineEnd } from '../machine-port.ts'
import { GceMetadata } from './metadata.ts'
import { idFrom } from './numbers.ts'
import type { Pool } from './wire.ts'
import type { World } from './world.ts'

export type Status = 'PROVISIONING' | 'RUNNING' | 'STOPPING' | 'TERMINATED'

/** What an insert has decided about a machine. */
export interface Order extends Pool {
  readonly name: string
  readonly description: string | undefined
  readonly machineType: string
  readonly accelerator: { readonly name: string; readonly count: number } | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly metadata: Readonly<Record<string, string>>
  readonly image: string
  readonly diskGb: number
  readonly diskType: string
  readonly diskLabels: Readonly<Record<string, string>>
  readonly autoDelete: boolean
  readonly network: string
  readonly subnetwork: string
  /** The interface has no IPv4. */
  readonly ipv6Only: boolean
  readonly publicAddress: boolean
  readonly serviceAccount: { readonly email: string; readonly scopes: readonly string[] } | undefined
  readonly scheduling: {
    readonly onHostMaintenance: string
    readonly automaticRestart: boolean
    readonly instanceTerminationAction: string | undefined
    readonly maxRunSeconds: number | undefined
  }
}

/** The key under which the guest agent looks for what it is to execute. */
const startupKey = 'startup-script'

/** A machine and its disk. */
export class Machine extends CloudMachine {
  readonly id: string
  readonly order: Order
  /** As they are now. */
  labels: Readonly<Record<string, string>>
  attributes: Readonly<Record<string, string>>
  status: Status = 'PROVISIONING'
  /** Its deletion was ordered. */
  deleting = false
  gone = false
  stoppedAt: number | undefined
  override readonly metadata: GceMetadata
  override readonly token: string

  constructor(number: number, order: Order, now: number, project: string) {
    super(now)
    this.id = idFrom(`machine ${number} ${now}`)
    this.order = order
    this.labels = order.labels
    this.attributes = order.metadata
    this.token = `ya29.machine-${this.id}`
    const { serviceAccount } = order
    this.metadata = new GceMetadata({
      project,
      projectNumber: '123456789012',
      zone: order.zone,
      name: order.name,
      id: this.id,
      attributes: () => this.attributes,
      ...(serviceAccount ? { serviceAccount: { ...serviceAccount, token: this.token } } : {}),
    })
  }

  get key(): string {
    return `${this.order.zone}/${this.order.name}`
  }

  get payload(): Buffer {
    return Buffer.from(this.order.metadata[startupKey] ?? '')
  }

  /** Its disk is paid for as long as it is there. */
  get billed(): boolean {
    return !this.gone && !this.deleting
  }

  become(status: Status): void {
    this.status = status
    this.looks = 0
  }
}

/** All machines of the project and what happens to them. */
export class Machines extends CloudMachines<Machine, World> {
  /** Those that the API would show. */
  get there(): readonly Machine[] {
    return this.all.filter(({ gone }) => !gone)
  }

  find(zone: string, name: string): Machine | undefined {
    return this.there.find(({ order }) => order.zone === zone && order.name === name)
  }

  create(order: Order): Machine {
    const machine = new Machine(this.all.length + 1, order, this.world.now(), this.world.project)
    const { payload: userData, metadata } = machine
    return this.add(machine, { userData, carrier: 'startup-script', metadata })
  }

  protected ended(machine: Machine, end: MachineEnd): void {
    if (machine.deleting) return this.#finish(machine)
    if (end === 'powered-off') this.powerOff(machine)
    if (end === 'died') this.#die(machine)
    if (end === 'terminated') this.#finish(machine)
  }

  /** The machine switched itself off: its disk stays, and the time after which it was to be deleted is forgotten. */
  powerOff(machine: Machine, why = 'compute.instances.guestTerminate'): void {
    if (machine.gone) return
    if (machine.deleting) return this.#finish(machine)
    this.#happen(machine, why)
    this.#stopped(machine)
  }

  #stopped(machine: Machine): void {
    machine.become('TERMINATED')
    machine.stoppedAt = this.world.now()
    this.world.changed()
  }

  /** A person stops it by the API: an operation of theirs. */
  stop(machine: Machine): void {
    this.world.operations.begin({
      ...targetOf(machine, this.world.project),
      type: 'stop',
      user: 'somebody@example.com',
      done: this.world.now(),
    })
    this.#stopped(machine)
    void machine.emulated?.terminate()
  }

  #die(machine: Machine): void {
    const { death } = this.world.dials
    this.#happen(machine, death)
    if (death === 'compute.instances.preempted') this.#finish(machine)
    else this.#stopped(machine)
  }

  /** Compute Engine takes the machine away, as spot machines are with `instanceTerminationAction: DELETE`. */
  take(machine: Machine, why: string): void {
    if (machine.gone || machine.deleting) return
    this.#happen(machine, why)
    this.delete(machine)
  }

  /** What DELETE begins. */
  delete(machine: Machine): void {
    if (machine.gone || machine.deleting) return
    machine.deleting = true
    machine.become('STOPPING')
    if (machine.emulated) void machine.emulated.terminate()
    else if (this.world.dials.transitions.terminated === 0) this.#finish(machine)
    this.world.changed()
  }

  #happen(machine: Machine, type: string): void {
    this.world.operations.happen({ ...targetOf(machine, this.world.project), type })
  }

  #finish(machine: Machine): void {
    if (machine.gone) return
    machine.deleting = true
    if (this.world.dials.transitions.terminated > 0 && machine.status !== 'STOPPING')
      machine.become('STOPPING')
    if (this.world.dials.transitions.terminated === 0) machine.gone = true
    this.world.changed()
  }

  /** What time alone does. */
  tick(): void {
    const now = this.world.now()
    for (const machine of this.all) {
      const { maxRunSeconds, instanceTerminationAction } = machine.order.scheduling
      const over = maxRunSeconds !== undefined && now >= machine.launchedAt + maxRunSeconds * 1000
      if (
        over &&
        instanceTerminationAction === 'DELETE' &&
        machine.status !== 'TERMINATED' &&
        !machine.deleting
      )
        this.delete(machine)
    }
  }

  /** One look at a machine: states move on with looks. */
  look(machine: Machine): void {
    const { running, terminated } = this.world.dials.transitions
    machine.looks++
    if (machine.status === 'PROVISIONING' && machine.looks > running) machine.become('RUNNING')
    if (machine.status === 'STOPPING' && machine.deleting && machine.atRest && machine.looks > terminated)
      machine.gone = true
  }
}

export function targetOf(
  { id, order: { zone, region, name } }: Pick<Machine, 'id' | 'order'>,
  project: string,
): { readonly zone: string; readonly region: string; readonly target: string; readonly targetId: string } {
  return { zone, region, target: `projects/${project}/zones/${zone}/instances/${name}`, targetId: id }
}
