import type { Limit } from '../bucket.ts'
import type * as http from '../http/wire.ts'
import type { JsonObject } from './schema.ts'

export type { Fault } from '../http/wire.ts'

/** Compute Engine's way to say no: `{error: {code, message, errors: [{domain, reason, message}]}}`, without a status of words. */
export class Refusal extends Error {
  readonly status: number
  readonly reason: string

  constructor(status: number, reason: string, message: string) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

export const notFound = (what: string): Refusal =>
  new Refusal(404, 'notFound', `The resource '${what}' was not found`)
export const invalid = (message: string): Refusal => new Refusal(400, 'invalid', message)

export interface JournalEntry extends http.JournalEntry {
  /** `instances.insert`; empty when no method has such a path. */
  readonly action: string
  /** Parts of the path: project, zone, instance. */
  readonly parts: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: JsonObject | undefined
  /** What the caller must be allowed; undefined when it did not come to that. */
  permissions?: readonly string[]
  /** Of a refusal, or of the operation that was begun. */
  code?: string
}

export interface Pool {
  /** In the notation of `cloud-type`. */
  readonly type: string
  readonly zone: string
  readonly region: string
  readonly market: 'spot' | 'on-demand'
}

/** What an operation fails with. */
export interface Trouble {
  readonly code: string
  readonly message: string
  readonly status?: number
  readonly zonesAvailable?: readonly string[]
}

/** Everything here may be changed at any time. */
export interface Dials {
  /** Empty pools as `type|zone|market`; `*` stands for any. The insert is answered 200, and its operation fails. */
  readonly dry: Set<string>
  /** Zones that a stockout says have room. */
  readonly room: Set<string>
  /** Used-up quotas as `type|region|market`; `*` stands for any. Answered 403 at once. */
  readonly exhausted: Set<string>
  /** Any other end of an operation that makes a machine. */
  fails: ((pool: Pool) => Trouble | undefined) | undefined
  /** An operation that fails leaves its machine behind. */
  failsLate: boolean
  /** So many of the next calls are throttled. */
  throttle: number
  /** What each action allows, as a token bucket; undefined = anything. */
  limit: ((action: string) => Limit) | undefined
  /** Permissions that the credentials lack: `compute.instances.list`. */
  readonly denied: Set<string>
  /** The only permissions of the caller. Undefined: everything that is not denied. */
  allowed: ReadonlySet<string> | undefined
  /** Those of the service accounts that machines are given. */
  readonly machineMay: Set<string>
  credentials: 'valid' | 'expired' | 'unknown'
  /** What was just created stays invisible for so many looks. */
  lag: { readonly looks?: number }
  /** Zones that aggregated lists do not reach, and how they say it. */
  readonly unreachable: Map<string, 'warning' | 'unreachables'>
  /** `lag`: the console as it was so many ms ago. */
  console: 'live' | 'absent' | { readonly lag: number }
  /** Looks until a machine that was ordered runs, and until one that was deleted is gone. */
  transitions: { readonly running: number; readonly terminated: number }
  /** Waits and reads of an operation until it is done. */
  operations: { readonly looks: number; readonly first: 'RUNNING' | 'PENDING' }
  /** ms between the order and a machine's first instruction. */
  bootDelay: number
  /** How machines die in boot, if they are to. */
  dies: 'before-boot' | 'in-boot' | undefined
  /** The operation that the project's record then shows. */
  death: string
  /** Organisation policies in force: `compute.vmExternalIpAccess`. */
  readonly policies: Set<string>
  /** Is there a network `default`? */
  defaultNetwork: boolean
  /** Of every region by metric, and of the project. */
  readonly quotas: Map<string, { readonly limit: number; readonly usage: number }>
  /** Largest page, whatever is asked for. */
  pageSize: number
}

/** As projects of their first day have them, and those of spot machines at zero: they are of the usual ones then. */
const quotaMetrics = [
  ...['CPUS', 'N2_CPUS', 'N2D_CPUS', 'C2_CPUS', 'A2_CPUS', 'NVIDIA_T4_GPUS', 'NVIDIA_L4_GPUS'],
  ...['NVIDIA_V100_GPUS', 'NVIDIA_A100_GPUS', 'CPUS_ALL_REGIONS', 'GPUS_ALL_REGIONS'],
] as const

export function startingDials(): Dials {
  return {
    dry: new Set(),
    room: new Set(),
    exhausted: new Set(),
    fails: undefined,
    failsLate: false,
    throttle: 0,
    limit: undefined,
    denied: new Set(),
    allowed: undefined,
    machineMay: new Set(['compute.instances.delete']),
    credentials: 'valid',
    lag: {},
    unreachable: new Map(),
    console: 'live',
    transitions: { running: 0, terminated: 0 },
    operations: { looks: 0, first: 'RUNNING' },
    bootDelay: 0,
    dies: undefined,
    death: 'compute.instances.hostError',
    policies: new Set(),
    defaultNetwork: true,
    quotas: new Map(quotaMetrics.map((metric) => [metric, { limit: 500, usage: 0 }])),
    pageSize: 500,
  }
}

/** Is one of these pools named? `type|zone|market`, each part possibly `*`. */
export function names(set: ReadonlySet<string>, parts: readonly string[]): boolean {
  return [...set].some((entry) => {
    const wanted = entry.split('|')
    return wanted.every((part, index) => part === '*' || part === parts[index])
  })
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
