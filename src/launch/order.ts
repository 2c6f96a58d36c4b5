import type { Cloud, MachineRequest } from '../clouds/cloud.ts'
import type { Forge } from '../forges/forge.ts'
import type { Host } from '../hosts/host.ts'
import type { Clock } from '../lib/clock.ts'
import type { ProxySettings } from '../machine/agent-config.ts'
import type { Assets } from '../machine/payload.ts'
import type { Instance } from '../model/instance.ts'
import type { Lease } from '../model/lease.ts'

/** Everything a launch is asked for: parsed, checked, nothing resolved yet. */
export interface LaunchOrder {
  readonly lease: Lease
  /** As given; `cml-<identity>` when absent. */
  readonly name?: string
  /** The user's labels, without the ones every runner of ours carries. */
  readonly labels: readonly string[]
  readonly single: boolean
  /** Seconds; Infinity = never. */
  readonly idleTimeout: number
  /** Seconds. */
  readonly launchTimeout: number
  readonly workdir?: string
  readonly request: MachineRequest
  readonly startupScript?: Buffer
  /** OpenSSH line. */
  readonly sshPublicKey?: string
  /** Extra certificate authorities, PEM. */
  readonly certificates?: string
  readonly proxy: ProxySettings
  readonly assets: Assets
}

/** The world a verb acts on. */
export interface Ports {
  readonly cloud: Cloud
  readonly forge: Forge
  readonly host: Host
  readonly clock: Clock
}

/** One thing that is to be taken away, with all that is known of it. Identity alone is enough. */
export interface RemovalTarget {
  readonly identity: string
  readonly runnerName: string
  /** Native regions to look in. */
  readonly regions: readonly string[]
  /** A machine whose id is known: listings may not show it yet, but it can be ended. */
  readonly known?: Instance
}

export function runnerNameOf(order: Pick<LaunchOrder, 'name' | 'lease'>): string {
  return order.name ?? `cml-${order.lease.identity}`
}
