import type { IncomingMessage, ServerResponse } from 'node:http'

/** The ways by which what was sent gets into a machine. A cloud has one of them. */
export type Carrier = 'cloud-init' | 'startup-script' | 'mounted'

/** A cloud's metadata service as one machine sees it. Each cloud's emulator has its own. */
export interface Metadata {
  answer(request: IncomingMessage, response: ServerResponse): void
  /** Variables by which the machine's programs ask at this address, without a slash at the end, instead of the cloud's own. */
  variables(address: string): Readonly<Record<string, string>>
  /** The cloud says that it takes the machine away (`end`), or that it may (`risk`), in the words and at the time that are usual there. */
  announce(what: 'end' | 'risk'): void
}

/** What an emulated cloud hands to an emulated machine. */
export interface MachineSpec {
  readonly instanceId: string
  /** The bytes the launcher sent, after the cloud's transport encoding was undone. Never edited. */
  readonly userData: Buffer
  /** How they get in: it decides what kind of machine is emulated. */
  readonly carrier: Carrier
  readonly metadata: Metadata
  /** Files in which the image's own agent keeps what was sent, which came on a disc: that is gone once the machine has read it. */
  readonly copies?: readonly string[]
  /** Pause between power-on and the first instruction, ms. */
  readonly bootDelay: number
  /** How the machine dies in boot, if it is to. */
  readonly dies?: 'before-boot' | 'in-boot'
}

export type MachineEnd = 'powered-off' | 'terminated' | 'died'

/** What an emulated cloud can see of a machine, and do to it. */
export interface EmulatedMachine {
  /** Folder that stands for `/`. */
  readonly root: string
  /** The serial console so far. */
  console(): string
  /** Resolves once nothing of the machine runs any more. */
  readonly ended: Promise<MachineEnd>
  /** What the cloud does to a machine: takes it away at once. Idempotent. */
  terminate(): Promise<void>
}

export type BootMachine = (spec: MachineSpec) => EmulatedMachine
