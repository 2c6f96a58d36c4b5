import type { Ending, Ground } from '../model/instance.ts'
import type { CloudLimits } from './cloud.ts'

/**
 * What a cloud can and cannot promise, for the page that compares them (`docs/clouds.md`). Whatever the code knows is the code's own constant here; what is said besides is
 * a sentence about the vendor. Each cloud has one in `promises.ts`, which no launch loads.
 */
export interface CloudPromises {
  readonly limits: CloudLimits
  /** What is asked for a machine, by default: calls that make something. */
  readonly made: string
  /** How a lack of room is told. */
  readonly empty: string
  /** Spot machines, and whether a price can be the highest. */
  readonly spot: string
  /** What powering off does. */
  readonly powerOff: Ground['powerOff']
  /** With what it needs to end itself at the cloud, where it needs anything. */
  readonly ending: Ending
  /** Without that, where it needs anything. */
  readonly without?: Ending
  /** Seconds that a machine lives without that, where nobody has said how long and that is fewer than usual. */
  readonly shortLife?: number
  /** How the machine hears that the cloud takes it, and how long before. */
  readonly notice: string
  readonly price: string
  /** What a machine needs so that it can end itself. */
  readonly identity: string
  /** What `cloud-permission-set` is here. */
  readonly permissionSet: string
  /** What identifies the launcher, besides keys. */
  readonly login: string
  /** What the vendor tells of a machine that has ended. */
  readonly memory: string
}
