import { EmulatedWorld } from '../http/world.ts'
import type { BootMachine, EmulatedMachine, MachineEnd, MachineSpec, Metadata } from '../machine-port.ts'
import type { CloudDials } from './dials.ts'

/** An emulated cloud: what exists there, and how it behaves. */
export abstract class CloudWorld extends EmulatedWorld {
  abstract readonly dials: CloudDials & { readonly lag?: { readonly looks?: number; readonly ms?: number } }
  abstract readonly machines: CloudMachines<CloudMachine>
  /** Boots a machine with the very bytes that were sent; without it machines are only entries. */
  readonly boot: BootMachine | undefined

  constructor(clock: (() => number) | undefined, boot: BootMachine | undefined) {
    super(clock)
    this.boot = boot
  }

  /** What a machine has said, as the cloud shows it. `canned`: what one without an emulated inside says. */
  consoleOf(machine: CloudMachine, canned: string): string {
    const { console: how } = this.dials
    if (how === 'absent') return ''
    if (!machine.emulated) return canned
    return how === 'live' ? machine.emulated.console() : machine.consoleAt(this.now() - how.lag)
  }
}

/** What all emulated machines are, whatever their cloud calls its states. */
export abstract class CloudMachine {
  /** As the product names it within its region. */
  abstract readonly key: string
  /** Somebody pays for it. */
  abstract readonly billed: boolean
  /** What it asks the cloud's API with; undefined where it has nothing. */
  readonly token?: string
  readonly metadata?: Metadata
  launchedAt: number
  /** Looks since the last change of state, and since the creation. */
  looks = 0
  looksSinceCreation = 0
  emulated: EmulatedMachine | undefined
  /** Nothing of the emulated machine runs any more, or there never was one. */
  atRest = true
  /** The console's length over time, for consoles that lag. */
  readonly #growth: { readonly at: number; readonly length: number }[] = []
  #sampling: NodeJS.Timeout | undefined

  constructor(now: number) {
    this.launchedAt = now
  }

  watchConsole(world: EmulatedWorld): void {
    const sample = (): void => {
      const { length } = this.emulated?.console() ?? ''
      if (this.#growth.at(-1)?.length === length) return
      this.#growth.push({ at: world.now(), length })
      world.changed()
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

/** What a machine is booted with, beside what is the same for all. */
export type Sent = Pick<MachineSpec, 'userData' | 'carrier' | 'metadata' | 'copies'>

/** All machines of an account. What their states are called and how they follow each other, the cloud says. */
export abstract class CloudMachines<M extends CloudMachine, W extends CloudWorld = CloudWorld> {
  readonly all: M[] = []
  protected readonly world: W

  constructor(world: W) {
    this.world = world
  }

  /** The emulated machine runs no more. */
  protected abstract ended(machine: M, end: MachineEnd): void

  /** One look at a machine: states move on with looks. */
  abstract look(machine: M): void

  /** The last of those that had this key. */
  get(key: string): M {
    const machine = this.all.findLast((known) => known.key === key)
    if (!machine) throw new RangeError(`there is no machine ${key}`)
    return machine
  }

  protected add(machine: M, sent?: Sent): M {
    this.all.push(machine)
    // What was sent nothing does nothing that anybody looks at.
    if (sent && sent.userData.length > 0) this.power(machine, sent)
    this.world.changed()
    return machine
  }

  /** Boots it, where machines boot at all. */
  protected power(machine: M, sent: Sent): void {
    const { world } = this
    const { dies, bootDelay } = world.dials
    machine.emulated = world.boot?.({
      instanceId: machine.key,
      ...sent,
      bootDelay,
      ...(dies ? { dies } : {}),
    })
    if (!machine.emulated) return
    machine.atRest = false
    machine.watchConsole(world)
    void machine.emulated.ended.then((end) => {
      machine.stopWatching()
      machine.atRest = true
      this.ended(machine, end)
    })
  }

  /** Listings lag behind what was just created. Each look counts. */
  isVisible(machine: M): boolean {
    const { looks = 0, ms = 0 } = this.world.dials.lag ?? {}
    machine.looksSinceCreation++
    return machine.looksSinceCreation > looks && this.world.now() - machine.launchedAt >= ms
  }

  /** Ends every emulated machine; for the emulator's own end. */
  async close(): Promise<void> {
    for (const machine of this.all) machine.stopWatching()
    await Promise.all(this.all.map(async ({ emulated }) => emulated?.terminate()))
  }
}
