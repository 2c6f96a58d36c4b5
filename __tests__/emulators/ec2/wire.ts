import type { Limit } from '../bucket.ts'
import type * as http from '../http/wire.ts'
import type { Permission, Policy } from './policy.ts'
import type { Shape } from './schema.ts'

export type { Fault } from '../http/wire.ts'

/** EC2's way to say no. */
export class Refusal extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}

/**
 * The answer to a request that is only tried: it would be allowed and carried out. What is not allowed, and what EC2 finds wrong with the request, is
 * refused as ever. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html (`DryRun`)
 */
export function wouldSucceed(): Refusal {
  return new Refusal('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412)
}

export interface JournalEntry extends http.JournalEntry {
  readonly action: string
  /** Of the signature's scope. */
  readonly region: string
  readonly parameters: readonly (readonly [string, string])[]
  /** As the model reads it; undefined when the model cannot. */
  input?: Shape
  /** What the caller must be allowed; undefined when it did not come to that. */
  permissions?: readonly Permission[]
  code?: string
}

export interface Pool {
  readonly type: string
  readonly zone: string
  readonly region: string
  readonly market: 'spot' | 'on-demand'
}

/** Everything here may be changed at any time. */
export interface Dials {
  /** Empty pools as `type|zone|market`; `*` stands for any. Answered as EC2 does, with HTTP 500. */
  readonly dry: Set<string>
  /** Used-up quotas as `family|region|market`; `*` stands for any. */
  readonly exhausted: Set<string>
  /** Any other refusal of RunInstances. */
  refuse:
    | ((
        pool: Pool,
      ) => { readonly code: string; readonly message: string; readonly status?: number } | undefined)
    | undefined
  /** So many of the next requests are throttled. */
  throttle: number
  /** What each action of each region allows, as a token bucket; undefined = anything. `documentedLimit` is what EC2 says of itself. */
  limit: ((action: string) => Limit) | undefined
  /** Actions that the credentials lack: `DescribeInstances`, or in one region only, `DescribeInstances@eu-north-1`. */
  readonly denied: Set<string>
  /** The only policies of the caller. Undefined: everything is allowed that is not denied. */
  policies: readonly Policy[] | undefined
  credentials: 'valid' | 'expired' | 'unknown'
  /** vCPUs by the code of the quota, as Service Quotas tells them in every region. */
  readonly quotas: Map<string, number>
  /** Whether STS answers at all. */
  sts: 'answers' | 'silent'
  /** What was just created stays invisible for so many looks, or so many ms; with `alsoTerminate`, it cannot be ended either. */
  lag: { readonly looks?: number; readonly ms?: number; readonly alsoTerminate?: boolean }
  /** `lag`: the console as it was so many ms ago. */
  console: 'live' | 'absent' | { readonly lag: number }
  /** Looks until a machine that was ordered runs, and until one that was ended is terminated. */
  transitions: { readonly running: number; readonly terminated: number }
  /** ms between the order and a machine's first instruction. */
  bootDelay: number
  /** How machines die in boot, if they are to, and what EC2 says of it. */
  dies: 'before-boot' | 'in-boot' | undefined
  death: { readonly code: string; readonly message: string }
  /** Which of both EC2 checks first, a token's contents or its machine's end, is not documented. */
  mismatchFirst: boolean
  /** Does the account have a default VPC? */
  defaultVpc: boolean
  /** USD per hour. */
  spotPrice: (type: string, zone: string) => number
  /** Largest page, whatever is asked for. */
  pageSize: number
}

/** Of machines of the usual families, of those with a GPU, and of P; on demand and spot. */
const quotaCodes = [
  'L-1216C47A',
  'L-34B43A08',
  'L-DB2E81BA',
  'L-3819A6DF',
  'L-417A185B',
  'L-7212CCBC',
] as const

export function startingDials(): Dials {
  return {
    dry: new Set(),
    exhausted: new Set(),
    refuse: undefined,
    throttle: 0,
    limit: undefined,
    denied: new Set(),
    policies: undefined,
    credentials: 'valid',
    quotas: new Map(quotaCodes.map((code) => [code, 1152])),
    sts: 'answers',
    lag: {},
    console: 'live',
    transitions: { running: 0, terminated: 0 },
    bootDelay: 0,
    dies: undefined,
    death: { code: 'Server.InternalError', message: 'Server.InternalError: Internal error on launch' },
    mismatchFirst: false,
    defaultVpc: true,
    spotPrice: () => 0.1234,
    pageSize: 1000,
  }
}

/** docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html: creating is scarce, reading is not. */
export function documentedLimit(action: string): Limit {
  return action === 'RunInstances' ? { size: 5, perSecond: 2 } : { size: 100, perSecond: 20 }
}

/** Does a set of `a|b|c` patterns name this one? */
export function names(patterns: ReadonlySet<string>, parts: readonly string[]): boolean {
  return [...patterns].some((pattern) => {
    const wanted = pattern.split('|')
    return (
      wanted.length === parts.length && wanted.every((part, index) => part === '*' || part === parts[index])
    )
  })
}
