import type { BootMachine, EmulatedMachine } from '../machine-port.ts'
import { idOf } from './catalogue.ts'
import { Imds } from './metadata.ts'
import type { Dials, Pool } from './wire.ts'

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
export class Machine {
  readonly id: string
  readonly number: number
  readonly order: Order
  launchedAt: number
  readonly volumes: readonly Volume[]
  readonly networkInterface: string
  readonly spotRequest: string | undefined
  state: StateName = 'pending'
  reason: Reason | undefined
  /** Looks since the last change of state, and since the creation. */
  looks = 0
  looksSinceCreation = 0
  emulated: EmulatedMachine | undefined
  readonly metadata: Imds
  /** Nothing of the emulated machine runs any more, or there never was one. */
  atRest = true
  /** The console's length over time, for consoles that lag. */
  readonly #growth: { readonly at: number; readonly length: number }[] = []
  #sampling: NodeJS.Timeout | undefined

  constructor(number: number, order: Order, now: number) {
    this.number = number
    this.id = idOf('i', String(number), String(now))
    this.order = order
    this.launchedAt = now
    const { region, userData } = order
    this.metadata = new Imds({ instanceId: this.id, region, userData })
    this.volumes = order.volumes.map((volume) => ({ ...volume, id: idOf('vol', this.id, volume.device) }))
    this.networkInterface = idOf('eni', this.id)
    this.spotRequest = order.market === 'spot' ? `sir-${idOf('', this.id).slice(1, 9)}` : undefined
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

  watchConsole(now: () => number, changed: () => void): void {
    const sample = (): void => {
      const { length } = this.emulated?.console() ?? ''
      if (this.#growth.at(-1)?.length === length) return
      this.#growth.push({ at: now(), length })
      changed()
    }
    sample()
    this.#sampling = setInterval(sample, 20)
    this.#sampling.unref()
  }

  stopWatching(): void {
    clearInterval(this.#sampling)
  }

  /** The console as it was at a time. */
  consoleAt(at: number): string {
    const length = this.#growth.findLast((sample) => sample.at <= at)?.length ?? 0
    return (this.emulated?.console() ?? '').slice(0, length)
  }
}

/** All machines of the account and what happens to them. */
export class Machines {
  readonly all: Machine[] = []
  readonly #dials: Dials
  readonly #now: () => number
  readonly #boot: BootMachine | undefined
  readonly #changed: () => void

  constructor(dials: Dials, now: () => number, boot: BootMachine | undefined, changed: () => void) {
    this.#dials = dials
    this.#now = now
    this.#boot = boot
    this.#changed = changed
  }

  create(order: Order): Machine {
    const machine = new Machine(this.all.length + 1, order, this.#now())
    this.all.push(machine)
    // What was sent nothing does nothing that anybody looks at.
    if (this.#boot && order.userData.length > 0) this.#power(machine, this.#boot)
    this.#changed()
    return machine
  }

  #power(machine: Machine, boot: BootMachine): void {
    const { dies, bootDelay } = this.#dials
    machine.emulated = boot({
      instanceId: machine.id,
      userData: machine.order.userData,
      carrier: 'cloud-init',
      metadata: machine.metadata,
      bootDelay,
      ...(dies ? { dies } : {}),
    })
    machine.atRest = false
    machine.watchConsole(this.#now, this.#changed)
    void machine.emulated.ended.then((end) => {
      machine.stopWatching()
      machine.atRest = true
      if (end === 'powered-off') this.powerOff(machine)
      if (end === 'died') this.#finish(machine, this.#dials.death)
      if (end === 'terminated') this.#finish(machine)
    })
  }

  get(id: string): Machine {
    const machine = this.all.find((known) => known.id === id)
    if (!machine) throw new RangeError(`there is no machine ${id}`)
    return machine
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
    this.#changed()
  }

  /** TerminateInstances, or EC2 itself, takes the machine away. */
  terminate(machine: Machine, reason: Reason): void {
    if (machine.ended || machine.state === 'shutting-down') return
    machine.become('shutting-down', reason)
    if (machine.emulated) void machine.emulated.terminate()
    else if (this.#dials.transitions.terminated === 0) this.#finish(machine)
    this.#changed()
  }

  #finish(machine: Machine, reason?: Reason): void {
    if (machine.ended) return
    if (this.#dials.transitions.terminated > 0 && machine.state !== 'shutting-down')
      machine.become('shutting-down', reason)
    if (this.#dials.transitions.terminated === 0) machine.become('terminated', reason)
    this.#changed()
  }

  /** One look at a machine: states move on with looks. */
  look(machine: Machine): void {
    const { running, terminated } = this.#dials.transitions
    machine.looks++
    if (machine.state === 'pending' && machine.looks > running) machine.become('running')
    if (machine.state === 'shutting-down' && machine.atRest && machine.looks > terminated)
      machine.become('terminated')
  }

  /** Listings lag behind what was just created. Each look counts. */
  isVisible(machine: Machine): boolean {
    const { looks = 0, ms = 0 } = this.#dials.lag
    machine.looksSinceCreation++
    return machine.looksSinceCreation > looks && this.#now() - machine.launchedAt >= ms
  }

  /** Ends every emulated machine; for the emulator's own end. */
  async close(): Promise<void> {
    for (const machine of this.all) machine.stopWatching()
    await Promise.all(this.all.map(async (machine) => machine.emulated?.terminate()))
  }
}
