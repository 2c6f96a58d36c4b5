import type { Limit } from '../bucket.ts'
import { machineDials, type MachineDials } from '../cloud/dials.ts'
import type * as cloud from '../cloud/dials.ts'
import { Refusal } from '../cloud/front.ts'
import type { RestEntry } from '../cloud/rest.ts'

export { Refusal } from '../cloud/front.ts'
export type { Fault } from '../http/wire.ts'

export const notFound = (what: string): Refusal =>
  new Refusal(404, 'notFound', `The resource '${what}' was not found`)
export const invalid = (message: string): Refusal => new Refusal(400, 'invalid', message)

/** `action`: `instances.insert`. `parts`: project, zone, instance. */
export type JournalEntry = RestEntry

/** `type`: in the notation of `cloud-type`. */
export interface Pool extends cloud.Pool {
  readonly zone: string
}

/** What an operation fails with. */
export interface Trouble {
  readonly code: string
  readonly message: string
  readonly status?: number
  readonly zonesAvailable?: readonly string[]
}

/**
 * Everything here may be changed at any time. `dry`: `type|zone|market`; the insert is answered 200, and its operation fails. `exhausted`: `type|region|market`,
 * answered 403 at once. `denied`: permissions, `compute.instances.list`.
 */
export interface Dials extends MachineDials {
  /** Zones that a stockout says have room. */
  readonly room: Set<string>
  /** Any other end of an operation that makes a machine. */
  fails: ((pool: Pool) => Trouble | undefined) | undefined
  /** An operation that fails leaves its machine behind. */
  failsLate: boolean
  /** The only permissions of the caller. Undefined: everything that is not denied. */
  allowed: ReadonlySet<string> | undefined
  /** Those of the service accounts that machines are given. */
  readonly machineMay: Set<string>
  /** Zones that aggregated lists do not reach, and how they say it. */
  readonly unreachable: Map<string, 'warning' | 'unreachables'>
  /** Waits and reads of an operation until it is done. */
  operations: { readonly looks: number; readonly first: 'RUNNING' | 'PENDING' }
  /** The operation that the project's record then shows. */
  death: string
  /** Organisation policies in force: `compute.vmExternalIpAccess`. */
  readonly policies: Set<string>
  /** Is there a network `default`? */
  defaultNetwork: boolean
  /** Of every region by metric, and of the project. */
  readonly quotas: Map<string, { readonly limit: number; readonly usage: number }>
}

/** As projects of their first day have them, and those of spot machines at zero: they are of the usual ones then. */
const quotaMetrics = [
  ...['CPUS', 'N2_CPUS', 'N2D_CPUS', 'C2_CPUS', 'A2_CPUS', 'NVIDIA_T4_GPUS', 'NVIDIA_L4_GPUS'],
  ...['NVIDIA_V100_GPUS', 'NVIDIA_A100_GPUS', 'CPUS_ALL_REGIONS', 'GPUS_ALL_REGIONS'],
] as const

export function startingDials(): Dials {
  return {
    ...machineDials(500),
    room: new Set(),
    fails: undefined,
    failsLate: false,
    allowed: undefined,
    machineMay: new Set(['compute.instances.delete']),
    unreachable: new Map(),
    operations: { looks: 0, first: 'RUNNING' },
    death: 'compute.instances.hostError',
    policies: new Set(),
    defaultNetwork: true,
    quotas: new Map(quotaMetrics.map((metric) => [metric, { limit: 500, usage: 0 }])),
  }
}

/**
 * What Google documents of itself: reads, changes and lists each have their own budget a project and region, counted by the minute; here as buckets of
 * a tenth of it. https://cloud.google.com/compute/api-quota
 */
export function documentedLimit(action: string): Limit {
  if (/list$/i.test(action)) return { size: 150, perSecond: 25 }
  if (/(get|wait|Output|Family)$/.test(action)) return { size: 150, perSecond: 25 }
  return { size: 150, perSecond: 25 }
}
