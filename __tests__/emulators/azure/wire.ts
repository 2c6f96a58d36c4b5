import type { Limit } from '../bucket.ts'
import { machineDials, type MachineDials } from '../cloud/dials.ts'
import type * as cloud from '../cloud/dials.ts'
import { Refusal as CloudRefusal } from '../cloud/front.ts'
import type { RestEntry } from '../cloud/rest.ts'

export type { Fault } from '../http/wire.ts'

/** Azure's way to say no: `{error: {code, message}}`; who says it stands in a header, mostly. */
export class Refusal extends CloudRefusal {
  readonly by: 'gateway' | 'service' | undefined
  readonly details: readonly { readonly code: string; readonly message: string }[] | undefined

  constructor(
    status: number,
    code: string,
    message: string,
    { by, details }: { readonly by?: 'gateway' | 'service'; readonly details?: Refusal['details'] } = {},
  ) {
    super(status, code, message)
    this.by = by
    this.details = details
  }
}

export const invalid = (message: string, code = 'InvalidParameter'): Refusal =>
  new Refusal(400, code, message)

/** `action`: `machines.put`. `parts`: group, name, location. */
export type JournalEntry = RestEntry

export interface Pool extends cloud.Pool {
  /** Zone as in `westus2-1`, or the region. */
  readonly place: string
}

/** What an operation fails with. */
export interface Trouble {
  readonly code: string
  readonly message: string
}

/**
 * Everything here may be changed at any time. `dry`: `type|place|market`; a creation is refused at once, and nothing is left. `exhausted`: `type|region|market`.
 * `denied`: actions, `Microsoft.Compute/virtualMachines/write`.
 */
export interface Dials extends MachineDials {
  /** The order to make a machine is taken, and fails later: the machine stays, with its disk and card. */
  fails: ((pool: Pool) => Trouble | undefined) | undefined
  /** The only actions of the caller on the subscription. Undefined: everything that is not denied. */
  allowed: readonly string[] | undefined
  /** Further ones in groups, by the name of the group. */
  readonly allowedIn: Map<string, readonly string[]>
  /** Those of the identities that machines are given, in groups that are not made for them. */
  readonly machineMay: Set<string>
  /** Regions whose machines may not be listed. */
  readonly blind: Set<string>
  /** Looks at an operation of the network until it is done. */
  networkLooks: number
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
}

/** As the service writes them, which is not always in the same way. */
const quotaNames = [
  ...['cores', 'lowPriorityCores', 'standardDSv5Family', 'standardDASv5Family', 'standardBSFamily'],
  ...['Standard NCASv3_T4 Family', 'StandardNCADSA100v4Family', 'standardNDASv4_A100Family'],
] as const

export function startingDials(): Dials {
  return {
    ...machineDials(100),
    fails: undefined,
    allowed: undefined,
    allowedIn: new Map(),
    machineMay: new Set(['Microsoft.Compute/virtualMachines/delete']),
    blind: new Set(),
    networkLooks: 0,
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
  }
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
