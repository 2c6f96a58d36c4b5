import { type Check, checkOf, outcomeOf } from '../../model/check.ts'
import { type Failure } from '../../model/failure.ts'
import { type Instance, renderCandidate } from '../../model/instance.ts'
import type { Intent } from '../cloud.ts'
import type { AwsCandidate } from './candidate.ts'
import type { Ec2 } from './client.ts'
import type { rehearse } from './create.ts'
import type { Permission } from './permissions.ts'

export interface Probing {
  readonly ec2: Ec2
  readonly rehearse: typeof rehearse
  /** Where reads are tried. */
  readonly region: string
  readonly intent: Intent
  readonly candidates: readonly AwsCandidate[]
  /** One of this scope, if there is any. */
  readonly machine: Instance | undefined
  readonly signal: AbortSignal | undefined
}

/** Tries of each question: a person waits for the answer. */
const tries = 3

/** What came of a dry run: nothing where it would have succeeded. */
type Outcome = Failure | undefined

interface Rehearsal {
  readonly candidate: AwsCandidate
  readonly refusal: Outcome
}

/**
 * Permissions, each by a dry run: EC2 then checks the right to act and does nothing, and says `DryRunOperation` where it would have.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html
 */
export class Probes {
  readonly #probing: Probing

  constructor(probing: Probing) {
    this.#probing = probing
  }

  /** In the order given; all are asked at once. */
  async *check(permissions: readonly Permission[]): AsyncIterable<Check> {
    const { signal } = this.#probing
    const rehearsing = Promise.all(this.#firsts().map(async (candidate) => this.#rehearse(candidate)))
    const checks = permissions.map(async (one) =>
      one.probe === 'creating call' ? inCreatingCall(one, await rehearsing) : this.#checkAlone(one),
    )
    // One that fails while another is waited for must not end the program.
    for (const check of checks) check.catch(() => undefined)
    for (const check of checks) {
      const told = await check
      signal?.throwIfAborted()
      yield told
    }
    for (const { candidate, refusal } of await rehearsing)
      if (refusal && refusal.kind !== 'permission-denied')
        yield checkOf(`dry run of ${renderCandidate(candidate)}`, refusal)
  }

  /** One of each region and market: rights may depend on either. */
  #firsts(): readonly AwsCandidate[] {
    const { candidates } = this.#probing
    const keyed = candidates.map((one) => [`${one.region} ${one.market}`, one] as const)
    return [...new Map(keyed.toReversed()).values()].toReversed()
  }

  async #rehearse(candidate: AwsCandidate): Promise<Rehearsal> {
    const { ec2, intent, signal } = this.#probing
    const call = { tried: `try to launch ${renderCandidate(candidate)}`, signal, attempts: tries }
    return { candidate, refusal: await refusalOf(this.#probing.rehearse(ec2, candidate, intent, call)) }
  }

  async #checkAlone(permission: Permission): Promise<Check> {
    const trying = this.#try(permission)
    if (!trying) return untried(permission)
    return verdictOn(permission, await refusalOf(trying))
  }

  /** Undefined where nothing can be tried. */
  #try({ probe, action }: Permission): Promise<unknown> | undefined {
    const { ec2, region, machine, signal } = this.#probing
    const call = { tried: `try ${action} in ${region}`, signal, attempts: tries }
    switch (probe) {
      case 'nothing':
      case 'creating call':
        return undefined
      case 'TerminateInstances':
        return machine && ec2.terminateInstances(region, { InstanceIds: [machine.id], DryRun: true }, call)
      case 'GetConsoleOutput':
        return machine && ec2.consoleOutput(region, { InstanceId: machine.id, DryRun: true }, call)
      default:
        return ec2[probe](region, { DryRun: true }, call)
    }
  }
}

async function refusalOf(trying: Promise<unknown>): Promise<Outcome> {
  const { failure } = await outcomeOf(trying)
  return failure?.explanation.code === 'DryRunOperation' ? undefined : failure
}

function verdictOn(permission: Permission, refusal: Outcome): Check {
  const what = permission.text
  if (!refusal) return { what, verdict: 'good' }
  const check = checkOf(what, refusal)
  // The launch goes on without it, and is told less.
  return permission.optional ? { ...check, verdict: 'unknown' } : check
}

function untried(permission: Permission): Check {
  const { action, probe } = permission
  const said =
    probe === 'nothing'
      ? 'it cannot be tried without doing it'
      : 'it can only be tried on a running machine of cml-runner, and there is none'
  return {
    what: permission.text,
    verdict: 'unknown',
    said,
    fix: `make sure that the role has ${action}.`,
  }
}

/** One call needs them all, and EC2 names the first that is missing. */
function inCreatingCall(permission: Permission, rehearsals: readonly Rehearsal[]): Check {
  const what = permission.text
  const denials = rehearsals.flatMap(({ refusal }) =>
    refusal && refusal.kind === 'permission-denied' ? [refusal] : [],
  )
  const own = denials.find((denial) => deniedAction(denial) === permission.action)
  if (own) return checkOf(what, own)
  if (rehearsals.length > 0 && rehearsals.every(({ refusal }) => !refusal)) return { what, verdict: 'good' }
  const [missing] = denials.map(deniedAction)
  const said =
    missing === undefined
      ? 'there was nothing to try it with'
      : `EC2 looks at one after the other, and ${missing} is missing`
  return { what, verdict: 'unknown', said }
}

/** "… is not authorized to perform: ec2:CreateTags on resource: …"; in older answers nothing is named. */
function deniedAction({ explanation: { said = '' } }: Failure): string {
  return /not authorized to perform: (\w+:\w+)/.exec(said)?.[1] ?? 'ec2:RunInstances'
}
