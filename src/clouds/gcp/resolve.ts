import { Failure } from '../../model/failure.ts'
import type { Market } from '../../model/instance.ts'
import type { MachineRequest, Resolution } from '../cloud.ts'
import { newFindings, throwProblems, type Findings } from '../findings.ts'
import type { Choice, GcpCandidate } from './candidate.ts'
import type { Compute } from './compute.ts'
import { groundAt } from './farewell.ts'
import { readFacts, type Facts, type FoundImage, type SubnetFact } from './facts.ts'
import { usualDisk, type NativeType } from './machine-type.ts'
import { placeOfSubnet, subnetPath, wayOutOf, type SubnetWord } from './network.ts'
import { planOf, warningsOf, type Plan } from './plan.ts'
import type { Location } from './regions.ts'
import { withAccount, withoutAccount } from './endings.ts'

/** Friendly words into ordered candidates. */
export async function resolve(
  compute: Compute,
  request: MachineRequest,
  subnetWords: readonly string[],
  signal?: AbortSignal,
): Promise<Resolution> {
  const findings = newFindings()
  const plan = planOf(request, subnetWords, findings)
  for (const text of warningsOf(request, plan)) findings.warnings.add(text)
  signal?.throwIfAborted()
  const facts = await readFacts({ compute, plan, findings, signal })
  const candidates = eachOnce(
    trialsOf(plan, facts, findings).flatMap((trial) =>
      candidateOf(trial, { plan, facts, api: compute.api }, findings),
    ),
  )
  throwProblems(findings)
  if (candidates.length === 0) throw nothingLeft(plan, findings)
  for (const text of findings.leftOut.keys()) findings.warnings.add(`${text} Not tried.`)
  return { candidates, warnings: [...findings.warnings] }
}

/** One thing to try. */
interface Trial {
  readonly type: NativeType
  /** The user's word for it. */
  readonly word: string
  readonly market: Market
  readonly location: Location
  readonly choice: Choice
  readonly subnet?: SubnetWord
}

/** Market by market, then the user's types, the user's regions, the types a size stands for, the subnets, and the zones of each. */
function trialsOf({ markets, choices, locations, subnets }: Plan, facts: Facts, findings: Findings): Trial[] {
  return markets.flatMap((market) =>
    choices.flatMap(({ word, types }) =>
      locations.flatMap((location) =>
        types.flatMap((type) =>
          (subnets.length > 0 ? subnets : [undefined])
            .filter((subnet) => subnet?.region === undefined || subnet.region === location.region)
            .flatMap((subnet) =>
              choicesOf(location, facts, findings).map((choice) => ({
                type,
                word,
                market,
                location,
                choice,
                ...(subnet ? { subnet } : {}),
              })),
            ),
        ),
      ),
    ),
  )
}

/** A zone that was named alone; CML's zone and then the rest of its region; or a region as a whole. */
function choicesOf({ region, zone, fixed }: Location, facts: Facts, { leftOut }: Findings): Choice[] {
  const first: Choice[] = zone === undefined ? [] : [{ how: 'zone', zone }]
  if (fixed) return first
  const known = facts.zonesOf(region)
  if (known === undefined ? false : known.length === 0) {
    leftOut.set(`cloud-region: there is no region ${region}, or it has no open zone.`, 'invalid-input')
    return []
  }
  const others = (known ?? []).filter((other) => other !== zone)
  if (facts.mayFollow(region)) return [...first, { how: 'any', ...(zone ? { without: zone } : {}) }]
  if (others.length > 0) return [...first, { how: 'each', zones: others }]
  if (zone === undefined)
    leftOut.set(
      `cloud-region: the zones of ${region} are not known to these credentials; name one of them.`,
      'failed-precondition',
    )
  return first
}

interface Ground {
  readonly plan: Plan
  readonly facts: Facts
  readonly api: string
}

function candidateOf(
  { type, word, market, location: { region }, choice, subnet }: Trial,
  { plan, facts, api }: Ground,
  findings: Findings,
): GcpCandidate[] {
  const image = facts.imageFor(type)
  if (!fits(image, type, findings)) return []
  const place = subnet && placeOfSubnet(subnet, facts.project, region)
  const ipv6 = place && facts.subnetAt(place)
  if (ipv6 === 'absent' || !hasAddress(subnet, ipv6, plan, findings)) return []
  // A subnet of Compute Engine assigns none by itself, and without one or a Cloud NAT nothing gets out.
  const publicAddress = plan.publicAddress !== 'never' && ipv6 !== 'internal'
  return [
    {
      cloud: 'gcp',
      region,
      ...(choice.how === 'zone' ? { place: choice.zone } : {}),
      type: type.name,
      typeWord: word,
      market,
      platform: { os: 'linux', architecture: image.architecture ?? type.architecture },
      image: { id: image.id, name: image.name },
      diskGb: Math.max(plan.diskGb, image.leastGb),
      ...endOf(plan, api, ipv6 !== undefined),
      wayOut: wayOutOf(publicAddress, subnet?.word, ipv6),
      choice,
      ...(place ? { subnet: subnetPath(place) } : {}),
      ...(ipv6 ? { ipv6 } : {}),
      publicAddress,
      disk: { ...plan.disk, type: plan.disk.type ?? usualDisk(type) },
      ...(plan.serviceAccount ? { serviceAccount: plan.serviceAccount } : {}),
    },
  ]
}

/** Is there an address of the kind that is asked for? */
function hasAddress(
  subnet: SubnetWord | undefined,
  ipv6: SubnetFact | undefined,
  { publicAddress }: Plan,
  { leftOut }: Findings,
): boolean {
  if (publicAddress !== 'always' || ipv6 !== 'internal') return true
  leftOut.set(
    `cloud-public-address: subnet ${subnet?.word} has no IPv4 and only internal addresses, so that there is no public address to ask for.`,
    'invalid-input',
  )
  return false
}

function endOf(
  { serviceAccount }: Plan,
  api: string,
  ipv6Only: boolean,
): Pick<GcpCandidate, 'ground' | 'ending'> {
  const ground = groundAt(api, ipv6Only)
  if (serviceAccount) return { ground, ending: withAccount }
  return { ground: { ...ground, farewell: '' }, ending: withoutAccount }
}

function fits({ architecture, name }: FoundImage, type: NativeType, { leftOut }: Findings): boolean {
  if (architecture === undefined || architecture === type.architecture) return true
  leftOut.set(
    `cloud-image: ${name} is made for ${architecture}, and ${type.name} machines are ${type.architecture}.`,
    'invalid-input',
  )
  return false
}

/** What two words stand for answers the first of them. */
function eachOnce(candidates: readonly GcpCandidate[]): GcpCandidate[] {
  const keyOf = ({ region, type, market, choice, subnet }: GcpCandidate): string =>
    JSON.stringify([region, type, market, choice, subnet])
  const first = new Map(candidates.toReversed().map((candidate) => [keyOf(candidate), candidate]))
  return candidates.filter((candidate) => first.get(keyOf(candidate)) === candidate)
}

/** What was left out is the reason. */
function nothingLeft({ choices, locations }: Plan, { warnings, leftOut }: Findings): Failure {
  const types = choices.map(({ word }) => word).join(', ')
  const tried = `find ${types} in ${locations.map(({ region, zone }) => zone ?? region).join(', ')}`
  const kinds = new Set(leftOut.values())
  if (kinds.size === 1 && kinds.has('invalid-input')) throwProblems({ problems: new Set(leftOut.keys()) })
  const [first = 'nothing is left to try', ...others] = leftOut.keys()
  return new Failure('failed-precondition', { tried, said: first, details: [...others, ...warnings] })
}
