import type { Instance } from '../model/instance.ts'
import type { Lease } from '../model/lease.ts'
import type { Place } from '../model/place.ts'
import type { Runner } from '../model/runner.ts'
import type { MilestoneLine } from '../machine/boot-log.ts'

export interface Wait {
  readonly instance: Instance
  /** Clock milliseconds at which this process asked for it; absent for another's machine, of which the cloud tells the second. */
  readonly orderedAt?: number | undefined
  /** Of the machine: whose runner is waited for. */
  readonly lease: Lease
  /** Where other launches of the run may have their machines. */
  readonly places: readonly Place[]
  /** Clock milliseconds. */
  readonly deadline: number
  readonly launchTimeout: number
  /** What usually keeps a machine of this candidate from reaching the forge; empty when nothing is known. */
  readonly wayOut: string
  /** Told each milestone once. */
  onMilestone?(line: MilestoneLine): void
}

export interface Online {
  readonly runner: Runner
  /** As last seen; with its address once the cloud has told it. */
  readonly instance: Instance
}
