import type { Limit } from '../bucket.ts'
import { machineDials, type MachineDials } from '../cloud/dials.ts'
import type * as cloud from '../cloud/dials.ts'
import { Refusal as CloudRefusal, type CloudEntry } from '../cloud/front.ts'
import type { Permission, Policy } from './policy.ts'
import type { Shape } from './schema.ts'

export type { Fault } from '../http/wire.ts'

/** EC2's way to say no. */
export class Refusal extends CloudRefusal {
  constructor(code: string, message: string, status = 400) {
    super(status, code, message)
  }
}

export const invalid = (message: string): Refusal => new Refusal('InvalidParameterValue', message)

/** What does not go together. */
export const unfit = (message: string): Refusal => new Refusal('InvalidParameterCombination', message)

/**
 * The answer to a request that is only tried: it would be allowed and carried out. What is not allowed, and what EC2 finds wrong with the request, is
 * refused as ever. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html (`DryRun`)
 */
export function wouldSucceed(): Refusal {
  return new Refusal('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412)
}

export interface JournalEntry extends CloudEntry {
  /** Of the signature's scope. */
  readonly region: string
  readonly parameters: readonly (readonly [string, string])[]
  /** As the model reads it; undefined when the model cannot. */
  input?: Shape
  /** What the caller must be allowed; undefined when it did not come to that. */
  permissions?: readonly Permission[]
}

export interface Pool extends cloud.Pool {
  readonly zone: string
}

/**
 * Everything here may be changed at any time. `dry`: `type|zone|market`, refused as EC2 does, with HTTP 500. `exhausted`: `family|region|market`. `denied`: an action,
 * `DescribeInstances`, or in one region only, `DescribeInstances@eu-north-1`. `limit`: of each region by itself.
 */
export interface Dials extends MachineDials {
  /** Any other refusal of RunInstances. */
  refuse:
    | ((
        pool: Pool,
      ) => { readonly code: string; readonly message: string; readonly status?: number } | undefined)
    | undefined
  /** The only policies of the caller. Undefined: everything is allowed that is not denied. */
  policies: readonly Policy[] | undefined
  /** vCPUs by the code of the quota, as Service Quotas tells them in every region. */
  readonly quotas: Map<string, number>
  /** Whether STS answers at all. */
  sts: 'answers' | 'silent'
  /** What was just created stays invisible for so many looks, or so many ms; with `alsoTerminate`, it cannot be ended either. */
  lag: { readonly looks?: number; readonly ms?: number; readonly alsoTerminate?: boolean }
  /** What EC2 says of a machine that died. */
  death: { readonly code: string; readonly message: string }
  /** Which of both EC2 checks first, a token's contents or its machine's end, is not documented. */
  mismatchFirst: boolean
  /** Does the account have a default VPC? */
  defaultVpc: boolean
  /** USD per hour. */
  spotPrice: (type: string, zone: string) => number
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
    ...machineDials(1000),
    refuse: undefined,
    policies: undefined,
    quotas: new Map(quotaCodes.map((code) => [code, 1152])),
    sts: 'answers',
    death: { code: 'Server.InternalError', message: 'Server.InternalError: Internal error on launch' },
    mismatchFirst: false,
    defaultVpc: true,
    spotPrice: () => 0.1234,
  }
}

/** docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html: creating is scarce, reading is not. */
export function documentedLimit(action: string): Limit {
  return action === 'RunInstances' ? { size: 5, perSecond: 2 } : { size: 100, perSecond: 20 }
}
