import type { Instance } from '../model/instance.ts'
import type { Runner } from '../model/runner.ts'
import type { MilestoneLine } from './boot-log.ts'

export interface Wait {
  readonly instance: Instance
  readonly runnerName: string
  readonly identity: string
  /** Of the run, and where its other launches may have their machines. */
  readonly run: string
  readonly regions: readonly string[]
  /** Clock milliseconds. */
  readonly deadline: number
  readonly launchTimeout: number
  /** What usually keeps a machine of this candidate from reaching the forge; empty when nothing is known. */
  readonly networkHint: string
  /** Told each milestone once. */
  onMilestone?(line: MilestoneLine): void
}

export interface Online {
  readonly runner: Runner
  /** As last seen; with its address once the cloud has told it. */
  readonly instance: Instance
}
