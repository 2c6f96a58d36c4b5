import { Failure } from '../../model/failure.ts'
import type { Market } from '../../model/instance.ts'
import type { CloudContext, MachineRequest, Resolution } from '../cloud.ts'
import type { AwsCandidate } from './candidate.ts'
import type { Ec2 } from './client.ts'
import { checkRatio } from './disks.ts'
import type { NativeType } from './families.ts'
import { newFindings, throwProblems, type Findings } from '../findings.ts'
import { readRegions, type Facts } from './facts.ts'
import type { Site } from './sites.ts'
import { planOf, warningsOf, type NetworkSettings, type Plan } from './plan.ts'
import type { Location } from './regions.ts'
import { ending, ground } from './endings.ts'

/** What a resolution goes by. */
export interface Resolving {
  readonly ec2: Ec2
  readonly request: MachineRequest
  readonly settings: NetworkSettings
  readonly context: CloudContext
  readonly signal?: AbortSignal | undefined
}

/** Friendly words into ordered candidates; all regions are read side by side. */
export async function resolve({
  ec2,
  request,
  settings,
  context,
  signal,
}: Resolving): Promise<Resolution & { readonly candidates: readonly AwsCandidate[] }> {
  const findings = newFindings(warningsOf(request, settings))
  const plan = planOf(request, settings, findings)
  const facts = await readRegions({ ec2, plan, findings, now: context.clock.now(), signal })
  const trials = trialsOf(plan, facts)
  const candidates = candidatesOf(plan, trials, facts)
  checkPlaces(plan, facts, findings)
  for (const { diskGb } of candidates) checkRatio(plan.disk, diskGb, findings.problems)
  throwProblems(findings)
  if (candidates.length === 0) throw nothingLeft(plan, findings)
  warnUnsold(plan, trials, findings)
  for (const text of findings.leftOut.keys()) findings.warnings.add(`${text} Not tried.`)
  return { candidates, warnings: [...findings.warnings] }
}

/** One thing to try, before its image is known. */
interface Trial {
  readonly type: NativeType
  /** The user's word for it. */
  readonly word: string
  readonly market: Market
  readonly location: Location
  readonly place: Slot
}

/** Market by market, then the user's types, the user's regions, the types a size stands for, and the places of each. */
function trialsOf({ markets, choices, locations }: Plan, facts: ReadonlyMap<string, Facts>): Trial[] {
  return markets.flatMap((market) =>
    choices.flatMap((choice) =>
      locations.flatMap((location) =>
        choice.types.flatMap((type) =>
          placesOf(location, type, facts.get(location.region)).map((place) => ({
            type,
            word: choice.word,
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
  // What two words stand for answers the first of them.
  const first = new Map(candidates.toReversed().map((candidate) => [keyOf(candidate), candidate]))
  return candidates.filter((candidate) => first.get(keyOf(candidate)) === candidate)
}

function keyOf({ region, place, type, market }: AwsCandidate): string {
  return [region, place ?? '', type, market].join('|')
}

/** One place of a location as the creating call names it. */
interface Slot extends Site {
  /** As shown: a zone or a subnet; undefined = EC2 chooses. */
  readonly place?: string
  readonly subnet?: string
  readonly zone?: string
}

/** The places of a location that sell the type: the subnets; else the zone asked for; else EC2's choice, then zone by zone. */
function placesOf(location: Location, type: NativeType, facts: Facts | undefined): Slot[] {
  if (!facts) return []
  const { zonesOf, network } = facts
  const zones = zonesOf(type)
  const sold = (zone: string | undefined) => zones === undefined || zone === undefined || zones.includes(zone)
  if (network.subnets)
    return network.subnets
      .filter(({ zone }) => sold(zone) && (!location.zone || !zone || zone === location.zone))
      .map((place) => ({ ...place, place: place.subnet }))
  const inZone = (zone: string): Slot[] => {
    const site = sold(zone) ? network.inZone(zone) : undefined
    return site ? [{ ...site, place: zone, zone }] : []
  }
  if (location.zone) return inZone(location.zone)
  if (zones?.length === 0) return []
  const { anywhere } = network
  return anywhere
    ? [anywhere, ...(zones ?? []).flatMap(inZone)]
    : (zones ?? network.zones ?? []).flatMap(inZone)
}

function candidateOf(
  plan: Plan,
  { type, word, market, location, place }: Trial,
  { imageOf }: Facts,
): AwsCandidate | undefined {
  const image = imageOf(type)
  if (!image) return undefined
  return {
    cloud: 'aws',
    region: location.region,
    ...place,
    type: type.name,
    typeWord: word,
    market,
    platform: { os: 'linux', architecture: type.architecture },
    image: { id: image.id, name: image.name },
    diskGb: Math.max(plan.diskGb, image.minimumGb),
    ground,
    ending,
    rootDevice: image.rootDevice,
    disk: plan.disk,
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

/** Subnets that lie in another zone than the one asked for, and zones that the default VPC does not reach. */
function checkPlaces(
  { locations }: Plan,
  facts: ReadonlyMap<string, Facts>,
  { problems, leftOut }: Findings,
): void {
  for (const { region, zone } of locations) {
    const network = facts.get(region)?.network
    if (zone && network?.zones && !network.inZone(zone))
      leftOut.set(
        `The default VPC has no usable subnet in ${zone}, or there is no such zone: name a subnet in cloud-aws-subnet, or another zone.`,
        'failed-precondition',
      )
  }
  const zones = locations.map(({ zone }) => zone)
  if (zones.includes(undefined)) return
  for (const { region } of locations) {
    for (const { subnet, zone } of facts.get(region)?.network.subnets ?? []) {
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

/** What was left out is the reason; where nothing was, nobody sells it there. */
function nothingLeft(plan: Plan, { warnings, leftOut }: Findings): Failure {
  const { choices, locations } = plan
  const tried = `find ${choices.map(({ word, types }) => describe(word, types)).join(', ')} in ${whereOf(plan)}`
  const kinds = new Set(leftOut.values())
  if (kinds.size === 1 && kinds.has('invalid-input')) throwProblems({ problems: new Set(leftOut.keys()) })
  const [first, ...others] = leftOut.keys()
  if (first !== undefined)
    return new Failure(kinds.has('failed-precondition') ? 'failed-precondition' : 'not-found', {
      tried,
      said: first,
      details: [...others, ...warnings],
    })
  return new Failure('not-found', {
    tried,
    said: 'EC2 does not sell it there',
    why: 'Each region and zone sells its own selection of types; GPUs above all.',
    fix: `name another \`cloud-region\` or \`cloud-type\`. What a region sells: aws ec2 describe-instance-type-offerings --region ${locations[0]?.region ?? 'REGION'}`,
    details: [...warnings],
  })
}
