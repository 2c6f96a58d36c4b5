import type { Limit } from '../bucket.ts'
import { cloudDials, type CloudDials } from '../cloud/dials.ts'
import type { CloudEntry } from '../cloud/front.ts'

export { Refusal } from '../cloud/front.ts'
export type { Fault } from '../http/wire.ts'
export type Json = Readonly<Record<string, unknown>>

/** `action`: `jobs.create`, `pods/log.get`, as RBAC has verb and resource. */
export interface JournalEntry extends CloudEntry {
  readonly namespace: string
  readonly name: string
  readonly query: Readonly<Record<string, string>>
  readonly body: Json | undefined
  /** It is only asked whether it could be done. */
  readonly dry: boolean
}

/**
 * Everything here may be changed at any time. `exhausted`: `type|namespace`. `denied`: `create jobs`, `get pods/log`; `list jobs@namespace` holds there alone. `limit`: of all
 * calls together.
 */
export interface Dials extends CloudDials {
  /** No node has room: `type|namespace`; `*` stands for any. */
  readonly full: Set<string>
  /** What each namespace has as ResourceQuota; used-up ones are not heeded here, but told. */
  readonly quotas: {
    readonly name: string
    readonly spec?: Json
    readonly hard: Readonly<Record<string, string>>
    readonly used: Readonly<Record<string, string>>
  }[]
  /** Namespaces that are there; undefined: any. */
  namespaces: Set<string> | undefined
  /** Images that no registry has. */
  readonly missingImages: Set<string>
  /** What admission says to pods, if anything. */
  admission: string | undefined
  /** Only these, where it is there. */
  allowed: ReadonlySet<string> | undefined
  /** Why the next pod that dies does, as its condition says. */
  death: string
}

export function startingDials(): Dials {
  return {
    ...cloudDials(),
    full: new Set(),
    quotas: [],
    namespaces: undefined,
    missingImages: new Set(),
    admission: undefined,
    allowed: undefined,
    death: 'DeletionByTaintManager',
  }
}

/** API Priority and Fairness shares seats, not rates; what a user of the usual level has been seen to get before 429s. */
export function usualLimit(): Limit {
  return { size: 200, perSecond: 100 }
}
