import type { Clouds } from './clouds/clouds.ts'
import type { Forge } from './forges/forge.ts'
import type { Host } from './hosts/host.ts'
import type { Clock } from './lib/clock.ts'

/** The world a verb acts on. */
export interface Ports {
  /** All that were named. */
  readonly clouds: Clouds
  readonly forge: Forge
  readonly host: Host
  readonly clock: Clock
  /** Aborts when the verb is to end: somebody cancelled it, or its time is over. */
  readonly signal: AbortSignal
}
