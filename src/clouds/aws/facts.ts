import { Failure, joinFailures } from '../../model/failure.ts'
import type { Ec2 } from './client.ts'
import type { Findings } from './findings.ts'
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
  const { plan, findings } = reading
  const regions = [...new Set(plan.locations.map(({ region }) => region))]
  const outcomes = await Promise.all(regions.map(async (region) => readRegion(region, reading)))
  const facts = new Map(
    outcomes.flatMap(({ region, facts: known }) => (known ? [[region, known] as const] : [])),
  )
  const reasons = outcomes.flatMap((outcome) => outcome.reasons)
  const absences = reasons.filter((reason) => reason instanceof Failure && reason.kind === 'not-found')
  if (absences.length < reasons.length || (reasons.length > 0 && facts.size === 0))
    throw joinDistinct(reasons)
  for (const { message } of absences as readonly Failure[])
    findings.leftOut.set(`${message.split('\n', 1)[0]}.`, 'not-found')
  return facts
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
  const reads = await Promise.allSettled([
    resolveImages({ ec2, region, now, findings, signal }, plan.image, types),
    resolveOfferings(ec2, region, types, findings.warnings, signal),
    resolveNetwork({ ec2, region, words: plan.network, findings, signal }),
  ])
  const [images, offerings, network] = reads
  if (images.status === 'fulfilled' && offerings.status === 'fulfilled' && network.status === 'fulfilled')
    return {
      region,
      facts: { imageOf: images.value, zonesOf: offerings.value, network: network.value },
      reasons: [],
    }
  const reasons = reads.flatMap((read) => (read.status === 'rejected' ? [read.reason as unknown] : []))
  return { region, reasons }
}

/** The same refusal from several reads (no credentials, unknown region) is said once. */
function joinDistinct(reasons: readonly unknown[]): unknown {
  const defect = reasons.find((reason) => !(reason instanceof Failure))
  if (defect !== undefined) return defect
  const failures = reasons as readonly Failure[]
  const distinct = new Map(
    failures
      .map((failure) => [`${failure.kind} ${failure.explanation.code ?? failure.message}`, failure])
      .toReversed() as [string, Failure][],
  )
  return joinFailures([...distinct.values()].toReversed())
}
