import { all } from '../../lib/all.ts'
import { type Explanation, Failure, joinReasons } from '../../model/failure.ts'
import type { Ec2 } from './client.ts'
import { isAboutRegion, isShut } from './failures.ts'
import type { Findings } from '../findings.ts'
import { resolveImages, type ImageOf } from './images.ts'
import { resolveNetwork } from './network.ts'
import { resolveOfferings, type ZonesOf } from './offerings.ts'
import type { Plan } from './plan.ts'
import type { Network } from './sites.ts'

/** What one region says about the plan. */
export interface Facts {
  readonly imageOf: ImageOf
  readonly zonesOf: ZonesOf
  readonly network: Network
}

interface Reading {
  readonly ec2: Ec2
  readonly plan: Plan
  readonly findings: Findings
  /** Unix ms. */
  readonly now: number
  readonly signal: AbortSignal | undefined
}

/** A region that lacks something is left out where another one has it all. */
export async function readRegions(reading: Reading): Promise<ReadonlyMap<string, Facts>> {
  const { plan } = reading
  const regions = [...new Set(plan.locations.map(({ region }) => region))]
  const outcomes = await Promise.all(regions.map(async (region) => readRegion(region, reading)))
  const facts = new Map(
    outcomes.flatMap(({ region, facts: known }) => (known ? [[region, known] as const] : [])),
  )
  const reasons = outcomes.flatMap((outcome) => outcome.reasons)
  const final = reasons.filter((reason) => !(reason instanceof Failure && isAboutRegion(reason)))
  if (final.length > 0 || (reasons.length > 0 && facts.size === 0)) throw joinReasons(distinct(reasons))
  for (const outcome of outcomes) leaveOut(outcome, reading)
  return facts
}

/** Another region has answered, so the reasons are this one's own. */
function leaveOut({ region, reasons }: Outcome, { ec2, findings: { leftOut } }: Reading): void {
  if ((reasons as readonly Failure[]).some(isShut)) ec2.shut.add(region)
  for (const { kind, message, explanation } of distinct(reasons as readonly Failure[])) {
    const [said = ''] = message.split('\n', 1)
    const { why = '', fix = '' } = kind === 'unauthenticated' ? notEnabled(region) : explanation
    const whole = [`${said.replace(/\.$/, '')}.`, why, fix && `What to do: ${fix}`].filter(Boolean).join(' ')
    if (kind === 'not-found' && !isShut({ explanation })) leftOut.set(`${said}.`, 'not-found')
    else leftOut.set(whole, 'failed-precondition')
  }
}

/** What is wrong with credentials that are accepted elsewhere. */
function notEnabled(region: string): Pick<Explanation, 'why' | 'fix'> {
  return {
    why: `The credentials are accepted elsewhere, so the account has not enabled ${region}, or they are of a session that is not valid there.`,
    fix: `enable it (aws account enable-region --region-name ${region}), or leave it out of \`cloud-region\`.`,
  }
}

interface Outcome {
  readonly region: string
  readonly facts?: Facts
  readonly reasons: readonly unknown[]
}

async function readRegion(region: string, { ec2, plan, findings, now, signal }: Reading): Promise<Outcome> {
  const types = [
    ...new Map(plan.choices.flatMap((choice) => choice.types).map((type) => [type.name, type])).values(),
  ]
  const reads = await all([
    resolveImages({ ec2, region, now, findings, signal }, plan.image, types),
    resolveOfferings({ ec2, region, findings, signal }, types),
    resolveNetwork({ ec2, region, words: plan.network, findings, signal }),
  ])
  if ('reasons' in reads) return { region, reasons: reads.reasons }
  const [imageOf, zonesOf, network] = reads.values
  return { region, facts: { imageOf, zonesOf, network }, reasons: [] }
}

/** The same refusal from several reads (no credentials, unknown region) is said once. */
function distinct<T>(reasons: readonly T[]): readonly T[] {
  const keyed = reasons.map((reason) => [keyOf(reason), reason] as const)
  return [...new Map(keyed.toReversed()).values()].toReversed()
}

function keyOf(reason: unknown): unknown {
  return reason instanceof Failure ? `${reason.kind} ${reason.explanation.code ?? reason.message}` : reason
}
