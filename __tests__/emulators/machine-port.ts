/** What an emulated cloud hands to an emulated machine, and what it can see of it. */
export interface MachineSpec {
  readonly instanceId: string
  readonly region: string
  readonly spot: boolean
  /** The bytes the launcher sent, after the cloud's transport encoding was undone. Never edited. */
  readonly userData: Buffer
  /** Pause between power-on and the first instruction, ms. */
  readonly bootDelay: number
  /** How the machine dies in boot, if it is to. */
  readonly dies?: 'before-boot' | 'in-boot'
}

export type MachineEnd = 'powered-off' | 'terminated' | 'died'

export interface EmulatedMachine {
  /** Folder that stands for `/`. */
  readonly root: string
  /** The serial console so far. */
  console(): string
  /** Resolves once nothing of the machine runs any more. */
  readonly ended: Promise<MachineEnd>
  /** What the cloud does to a machine: takes it away at once. Idempotent. */
  terminate(): Promise<void>
  /** The two-minute notice of the spot market, readable at the metadata service. */
  announceInterruption(): void
}

export type BootMachine = (spec: MachineSpec) => EmulatedMachine
