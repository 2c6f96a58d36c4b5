import type { MachineRequest } from '../clouds/cloud.ts'
import type { ProxySettings } from '../machine/agent-config.ts'
import type { Assets } from '../machine/payload.ts'
import type { Candidate } from '../model/instance.ts'
import type { Lease } from '../model/lease.ts'

/** Everything a launch is asked for: parsed, checked, nothing resolved yet. */
export interface LaunchOrder {
  readonly lease: Lease
  /** The user's labels, without the ones every runner of ours carries. */
  readonly labels: readonly string[]
  readonly single: boolean
  /** Nothing is launched where a runner has the name or all labels: any that is online, or only one without a job. */
  readonly reuse?: 'online' | 'idle'
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
  /** What of ours the machine of a cloud runs, by the cloud's name. */
  readonly assets: ReadonlyMap<string, Assets>
}

/** The order as one candidate is asked: a machine that only the end of its time takes off the bill may have less of it than others. */
export function orderOn(order: LaunchOrder, { lifetime }: Pick<Candidate, 'lifetime'>): LaunchOrder {
  const { lease, request } = order
  if (lifetime === undefined || lifetime >= request.lifetime) return order
  const expiresAt = lease.expiresAt - request.lifetime + lifetime
  return { ...order, lease: { ...lease, expiresAt }, request: { ...request, lifetime } }
}
