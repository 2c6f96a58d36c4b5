import type { Limit } from '../bucket.ts'
import type * as http from '../http/wire.ts'
import type { JsonObject } from './json.ts'

export type { Fault } from '../http/wire.ts'

/** Azure's way to say no: `{error: {code, message}}`; who says it stands in a header, mostly. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly by: 'gateway' | 'service' | undefined
  readonly details: readonly { readonly code: string; readonly message: string }[] | undefined

  constructor(
    status: number,
    code: string,
    message: string,
    { by, details }: { readonly by?: 'gateway' | 'service'; readonly details?: Refusal['details'] } = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.by = by
    this.details = details
  }
}

export const invalid = (message: string, code = 'InvalidParameter'): Refusal =>
  new Refusal(400, code, message)

export interface JournalEntry extends http.JournalEntry {
  /** `machines.put`; empty when nothing has such a path. */
  readonly action: string
  /** Parts of the path: group, name, location. */
  readonly parts: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: JsonObject | undefined
  /** What the caller must be allowed; undefined when it did not come to that. */
  permissions?: readonly string[]
  /** Of a refusal. */
  code?: string
}

export interface Pool {
  readonly type: string
  /** Zone as in `westus2-1`, or the region. */
  readonly place: string
  readonly region: string
  readonly market: 'spot' | 'on-demand'
}

/** What an operation fails with. */
export interface Trouble {
  readonly code: string
  readonly message: string
}

/** Everything here may be changed at any time. */
export interface Dials {
  /** Empty pools as `type|place|market`; `*` stands for any. A creation is refused at once, and nothing is left. */
  readonly dry: Set<string>
  /** Used-up quotas as `type|region|market`; `*` stands for any. */
  readonly exhausted: Set<string>
  /** The order to make a machine is taken, and fails later: the machine stays, with its disk and card. */
  fails: ((pool: Pool) => Trouble | undefined) | undefined
  /** So many of the next calls are throttled. */
  throttle: number
  /** What each action allows, as a token bucket; undefined = anything. */
  limit: ((action: string) => Limit) | undefined
  /** Actions that the credentials lack: `Microsoft.Compute/virtualMachines/write`. */
  readonly denied: Set<string>
  /** The only actions of the caller on the subscription. Undefined: everything that is not denied. */
  allowed: readonly string[] | undefined
  /** Further ones in groups, by the name of the group. */
  readonly allowedIn: Map<string, readonly string[]>
  /** Those of the identities that machines are given, in groups that are not made for them. */
  readonly machineMay: Set<string>
  credentials: 'valid' | 'expired' | 'unknown'
  /** What was just created stays invisible for so many looks. */
  lag: { readonly looks?: number }
  /** Regions whose machines may not be listed. */
  readonly blind: Set<string>
  /** `lag`: the console as it was so many ms ago. */
  console: 'live' | 'absent' | { readonly lag: number }
  /** Looks until a machine that was ordered runs, and until one that was deleted is gone. */
  transitions: { readonly running: number; readonly terminated: number }
  /** Looks at an operation of the network until it is done. */
  networkLooks: number
  /** ms between the order and a machine's first instruction. */
  bootDelay: number
  /** How machines die in boot, if they are to. */
  dies: 'before-boot' | 'in-boot' | undefined
  /** What becomes of a machine that dies: its order fails, for one reason or for want of capacity; it is evicted without a trace, or switched off. */
  death: 'failed' | 'unallocated' | 'evicted' | 'stopped'
  /** `If-None-Match: *` on a machine that is there: refused, or not heeded, so that the machine is changed. */
  ifNoneMatch: 'heeded' | 'ignored'
  /** So many of the next looks at operations are answered 503, with nothing in it. */
  midPoll503: number
  /** So many of the next machines are refused since their subnet is not ready. */
  subnetBusy: number
  /** Tags that a policy adds to everything. */
  policyTags: Readonly<Record<string, string>>
  /** Policies that forbid: `address`, `size`. */
  readonly forbids: Set<string>
  /** Parts of Azure that the subscription is registered for. */
  readonly registered: Set<string>
  /** Terms of the marketplace that somebody has accepted, as `publisher:offer:sku`. */
  readonly terms: Set<string>
  /** Of every region. */
  readonly quotas: Map<string, { readonly limit: number; readonly currentValue: number }>
  /** How many subscriptions the credentials see. */
  subscriptions: number
  /** Largest page, whatever there is. */
  pageSize: number
}

/** As the service writes them, which is not always in the same way. */
const quotaNames = [
  ...['cores', 'lowPriorityCores', 'standardDSv5Family', 'standardDASv5Family', 'standardBSFamily'],
  ...['Standard NCASv3_T4 Family', 'StandardNCADSA100v4Family', 'standardNDASv4_A100Family'],
] as const

export function startingDials(): Dials {
  return {
    dry: new Set(),
    exhausted: new Set(),
    fails: undefined,
    throttle: 0,
    limit: undefined,
    denied: new Set(),
    allowed: undefined,
    allowedIn: new Map(),
    machineMay: new Set(['Microsoft.Compute/virtualMachines/delete']),
    credentials: 'valid',
    lag: {},
    blind: new Set(),
    console: 'live',
    transitions: { running: 0, terminated: 0 },
    networkLooks: 0,
    bootDelay: 0,
    dies: undefined,
    death: 'failed',
    ifNoneMatch: 'heeded',
    midPoll503: 0,
    subnetBusy: 0,
    policyTags: {},
    forbids: new Set(),
    registered: new Set([
      'microsoft.compute',
      'microsoft.network',
      'microsoft.resources',
      'microsoft.computeschedule',
      'microsoft.authorization',
    ]),
    terms: new Set(),
    quotas: new Map(quotaNames.map((name) => [name, { limit: 100, currentValue: 4 }])),
    subscriptions: 1,
    pageSize: 100,
  }
}

/** Is one of these pools named? `type|place|market`, each part possibly `*`. */
export function names(set: ReadonlySet<string>, parts: readonly string[]): boolean {
  return [...set].some((entry) => {
    const wanted = entry.split('|')
    return wanted.every((part, index) => part === '*' || part === parts[index])
  })
}

/**
 * As the service tells in its headers (x-ms-ratelimit-remaining-resource): lists are dear, 140 in three minutes of a subscription; each machine may be looked at some thirty times a
 * minute; the rest is for thousands. https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
 */
export function documentedLimit(action: string): Limit {
  if (/^machines\.(list|listByLocation|listAll)$/.test(action)) return { size: 140, perSecond: 0.8 }
  if (/\.(put|delete)$|submitDeallocate/.test(action)) return { size: 200, perSecond: 10 }
  return { size: 250, perSecond: 25 }
}
