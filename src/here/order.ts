import type { ProxySettings } from '../machine/agent-config.ts'
import type { OwnProgram } from '../machine/own-program.ts'
import type { Platform } from '../model/instance.ts'
import type { Lease } from '../model/lease.ts'
import type { JobUser } from '../agent/own-user.ts'

/** Everything that is asked of this machine as a runner. */
export interface HereOrder {
  readonly lease: Lease
  /** The user's labels, without the ones every runner of ours carries. */
  readonly labels: readonly string[]
  readonly single: boolean
  /** Nothing is started where a runner has the name or all labels: any that is online, or only one without a job. */
  readonly reuse?: 'online' | 'idle'
  /** Seconds; Infinity = never. */
  readonly idleTimeout: number
  /** Seconds until it must be online for the first time. */
  readonly launchTimeout: number
  /** Seconds after which it ends, busy or not; Infinity = never. */
  readonly lifetime: number
  /** Absolute. */
  readonly workdir?: string
  /** Whom jobs run as, where that is somebody else than who runs this. */
  readonly user?: JobUser
  /** Folder that holds a folder for each runner of this machine. */
  readonly base: string
  readonly platform: Platform
  readonly own: OwnProgram
  /** The program wants to know whether there is a Docker. */
  readonly wantsDocker: boolean
  /** What jobs get of the environment. */
  readonly environment: Readonly<Record<string, string>>
  /** Where proxies are read from. */
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly proxy: ProxySettings
  /** A person reads along. */
  readonly terminal: boolean
}
