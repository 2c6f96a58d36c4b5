import { Failure, joinFailures } from '../../model/failure.ts'
import type { Market } from '../../model/instance.ts'
import type { CloudContext, MachineRequest, Resolution } from '../cloud.ts'
import type { AwsCandidate } from './candidate.ts'
import type { Ec2 } from './client.ts'
import type { NativeType } from './families.ts'
import { throwProblems, type Findings } from './findings.ts'
import { resolveImages, type ImageOf } from './images.ts'
import { resolveNetwork, type Network } from './network.ts'
import { resolveOfferings, type ZonesOf } from './offerings.ts'
import { planOf, warningsOf, type NetworkSettings, type Plan } from './plan.ts'
import type { Location } from './regions.ts'

/** What one region says about the plan. */
interface Facts {
  readonly imageOf: ImageOf
  readonly zonesOf: ZonesOf
  readonly network: Network
}

/** Friendly words into ordered candidates; all regions are read side by side. */
export async function resolve(
  ec2: Ec2,
  request: MachineRequest,
  settings: NetworkSettings,
  context: CloudContext,
  signal?: AbortSignal,
): Promise<Resolution> {
  const findings: Findings = {
    problems: new Set(),
    warnings: new Set(warningsOf(request, settings)),
  }
  const plan = planOf(request, settings, findings)
  const facts = await readRegions(ec2, plan, findings, signal)
  const trials = trialsOf(plan, facts)
  const candidates = candidatesOf(plan, trials, facts)
  checkPlaces(plan, facts, findings)
  throwProblems(findings)
  if (candidates.length === 0) throw nothingLeft(plan, trials, findings)
  warnUnsold(plan, trials, findings)
  return { candidates, warnings: [...findings.warnings] }
}

async function readRegions(
  ec2: Ec2,
  plan: Plan,
  findings: Findings,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Facts>> {
  const regions = [...new Set(plan.locations.map(({ region }) => region))]
  const types = [
    ...new Map(plan.choices.flatMap((choice) => choice.types).map((type) => [type.name, type])).values(),
  ]
  const reads = regions.flatMap((region) => [
    resolveImages(ec2, region, plan.image, types, findings, signal),
    resolveOfferings(ec2, region, types, findings.warnings, signal),
    resolveNetwork(ec2, region, plan.network, findings, signal),
  ])
  const outcomes = await Promise.allSettled(reads)
  const reasons = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
  )
  if (reasons.length > 0) throw joinReasons(reasons)
  const values = outcomes.map((outcome) => (outcome as PromiseFulfilledResult<unknown>).value)
  return new Map(
    regions.map((region, index) => {
      const [imageOf, zonesOf, network] = values.slice(3 * index, 3 * index + 3) as [
        ImageOf,
        ZonesOf,
        Network,
      ]
      return [region, { imageOf, zonesOf, network }]
    }),
  )
}

/** The same refusal from several reads (no credentials, unknown region) is said once. */
function joinReasons(reasons: readonly unknown[]): unknown {
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

/** One thing to try, before its image is known. */
interface Trial {
  readonly type: NativeType
  readonly market: Market
  readonly location: Location
  readonly place: Place
}

/** Market by market, then the user's types, the user's regions, the types a size stands for, and the places of each. */
function trialsOf({ markets, choices, locations }: Plan, facts: ReadonlyMap<string, Facts>): Trial[] {
  return markets.flatMap((market) =>
    choices.flatMap((choice) =>
      locations.flatMap((location) =>
        choice.types.flatMap((type) =>
          placesOf(location, type, facts.get(location.region)!).map((place) => ({
            type,
            market,
            location,
            place,
          })),
        ),
      ),
    ),
  )
}

/** Those that have an image, each once. */
function candidatesOf(
  plan: Plan,
  trials: readonly Trial[],
  facts: ReadonlyMap<string, Facts>,
): AwsCandidate[] {
  const candidates = trials.flatMap(
    (trial) => candidateOf(plan, trial, facts.get(trial.location.region)!) ?? [],
  )
  return [...new Map(candidates.map((candidate) => [keyOf(candidate), candidate])).values()]
}

function keyOf({ region, place, type, market }: AwsCandidate): string {
  return [region, place ?? '', type, market].join('|')
}

interface Place {
  /** As shown: a zone or a subnet; undefined = EC2 chooses. */
  readonly place?: string
  readonly subnet?: string
  readonly zone?: string
  readonly groups?: AwsCandidate['groups']
  readonly networkHint: string
}

/** The places of a location that sell the type: the subnets; else the zone asked for; else EC2's choice, then zone by zone. */
function placesOf(location: Location, type: NativeType, { zonesOf, network }: Facts): Place[] {
  const zones = zonesOf(type)
  const sold = (zone: string | undefined) => zones === undefined || zone === undefined || zones.includes(zone)
  if (network.subnets.length > 0) {
    return network.subnets
      .filter(({ zone }) => sold(zone) && (!location.zone || !zone || zone === location.zone))
      .map((place) => ({ ...place, place: place.subnet }))
  }
  const { groups, networkHint } = network
  const shared = { networkHint, ...(groups ? { groups } : {}) }
  if (location.zone)
    return sold(location.zone) ? [{ ...shared, place: location.zone, zone: location.zone }] : []
  if (zones?.length === 0) return []
  return [shared, ...(zones ?? []).map((zone) => ({ ...shared, place: zone, zone }))]
}

function candidateOf(
  plan: Plan,
  { type, market, location, place }: Trial,
  { imageOf }: Facts,
): AwsCandidate | undefined {
  const image = imageOf(type)
  if (!image) return undefined
  return {
    cloud: 'aws',
    region: location.region,
    ...place,
    type: type.name,
    market,
    architecture: type.architecture,
    gpu: type.gpu,
    image: { id: image.id, name: image.name },
    diskGb: Math.max(plan.diskGb, image.minimumGb),
    rootDevice: image.rootDevice,
    otherVolumes: image.otherVolumes,
  }
}

/** Says which of the user's type words come to nothing, where others do not. */
function warnUnsold(plan: Plan, trials: readonly Trial[], { warnings }: Findings): void {
  const sold = new Set(trials.map(({ type }) => type.name))
  for (const { word, types } of plan.choices) {
    if (types.some((type) => sold.has(type.name))) continue
    warnings.add(`cloud-type: ${describe(word, types)} is not sold in ${whereOf(plan)}: not tried.`)
  }
}

/** Subnets that lie in another zone than the one asked for. */
function checkPlaces({ locations }: Plan, facts: ReadonlyMap<string, Facts>, { problems }: Findings): void {
  const zones = locations.map(({ zone }) => zone)
  if (zones.includes(undefined)) return
  for (const { region } of locations) {
    for (const { subnet, zone } of facts.get(region)!.network.subnets) {
      if (zone && !zones.includes(zone))
        problems.add(
          `cloud-aws-subnet: ${subnet} is in ${zone}, but cloud-region asks for ${zones.join(', ')}.`,
        )
    }
  }
}

function whereOf({ locations, network }: Plan): string {
  return network.subnets.length > 0
    ? network.subnets.join(', ')
    : locations.map(({ region, zone }) => zone ?? region).join(', ')
}

function describe(word: string, types: readonly NativeType[]): string {
  const names = types.map((type) => type.name).join(', ')
  return names === word ? word : `${word} (${names})`
}

function nothingLeft(plan: Plan, trials: readonly Trial[], { warnings }: Findings): Failure {
  const { choices, locations } = plan
  return new Failure('not-found', {
    tried: `find ${choices.map(({ word, types }) => describe(word, types)).join(', ')} in ${whereOf(plan)}`,
    ...(trials.length > 0
      ? {
          said: 'there is no default image for it',
          fix: 'name an image in `cloud-image`, or another `cloud-type`.',
        }
      : {
          said: 'EC2 sells none of it there',
          why: 'Each region and zone sells its own selection of types; GPUs above all.',
          fix: `name another \`cloud-region\` or \`cloud-type\`. What a region sells: aws ec2 describe-instance-type-offerings --region ${locations[0]?.region ?? 'REGION'}`,
        }),
    details: [...warnings],
  })
}
