import type { Cloud } from './clouds/cloud.ts'
import type { Forge } from './forges/forge.ts'
import type { Host } from './hosts/host.ts'
import type { Clock } from './lib/clock.ts'

/** The world a verb acts on. */
export interface Ports {
  readonly cloud: Cloud
  readonly forge: Forge
  readonly host: Host
  readonly clock: Clock
  /** Aborts when the verb is to end: somebody cancelled it, or its time is over. */
  readonly signal: AbortSignal
}
