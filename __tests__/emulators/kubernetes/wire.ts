import type { Limit } from '../bucket.ts'
import type * as http from '../http/wire.ts'

export type { Fault } from '../http/wire.ts'
export type Json = Readonly<Record<string, unknown>>

/** Kubernetes' way to say no: an object of kind Status. */
export class Refusal extends Error {
  readonly status: number
  readonly reason: string

  constructor(status: number, reason: string, message: string) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

export function statusOf({ status, reason, message }: Refusal): http.Answer {
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code: status,
  }
  return { status, body, headers: reason === 'TooManyRequests' ? { 'retry-after': '1' } : {} }
}

export interface JournalEntry extends http.JournalEntry {
  /** `jobs.create`, `pods/log.get`, as RBAC has verb and resource; empty for what is not known. */
  readonly action: string
  readonly namespace: string
  readonly name: string
  readonly query: Readonly<Record<string, string>>
  readonly body: Json | undefined
  /** It is only asked whether it could be done. */
  readonly dry: boolean
}

/** Everything here may be changed at any time. */
export interface Dials {
  /** No node has room: `type|namespace`; `*` stands for any. */
  readonly full: Set<string>
  /** Quotas of pods that are used up: `type|namespace`. */
  readonly exhausted: Set<string>
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
  /** So many of the next calls are throttled. */
  throttle: number
  limit: ((action: string) => Limit) | undefined
  /** `create jobs`, `get pods/log`: what the credentials lack. `list jobs@namespace` holds there alone. */
  readonly denied: Set<string>
  /** Only these, where it is there. */
  allowed: ReadonlySet<string> | undefined
  credentials: 'valid' | 'unknown'
  /** `lag`: the log as it was so many ms ago. */
  console: 'live' | 'absent' | { readonly lag: number }
  /** Looks until a pod that was ordered is bound, and until a Job that was ended says so. */
  transitions: { readonly running: number; readonly terminated: number }
  /** ms between the order and a pod's first instruction. */
  bootDelay: number
  dies: 'before-boot' | 'in-boot' | undefined
  /** Why the next pod that dies does, as its condition says. */
  death: string
}

export function startingDials(): Dials {
  return {
    full: new Set(),
    exhausted: new Set(),
    quotas: [],
    namespaces: undefined,
    missingImages: new Set(),
    admission: undefined,
    throttle: 0,
    limit: undefined,
    denied: new Set(),
    allowed: undefined,
    credentials: 'valid',
    console: 'live',
    transitions: { running: 0, terminated: 0 },
    bootDelay: 0,
    dies: undefined,
    death: 'DeletionByTaintManager',
  }
}

export function names(set: ReadonlySet<string>, parts: readonly string[]): boolean {
  return [...set].some((entry) =>
    entry.split('|').every((part, index) => part === '*' || part === parts[index]),
  )
}

/** API Priority and Fairness shares seats, not rates; what a user of the usual level has been seen to get before 429s. */
export function usualLimit(): Limit {
  return { size: 200, perSecond: 100 }
}
