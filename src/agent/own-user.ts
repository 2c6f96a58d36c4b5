import type { RunnerUser } from './world.ts'

/** Whom jobs run as on a machine of one's own, when root starts the runner for somebody else. */
export interface JobUser extends RunnerUser {
  readonly name: string
}
