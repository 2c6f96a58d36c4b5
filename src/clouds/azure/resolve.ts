import { Failure } from '../../model/failure.ts'
import type { Market } from '../../model/instance.ts'
import { renderMost } from '../../model/price.ts'
import type { MachineRequest, Resolution } from '../cloud.ts'
import { newFindings, throwProblems, type Findings } from '../findings.ts'
import type { Arm } from './arm.ts'
import type { AzureCandidate } from './candidate.ts'
import { shortLife, withIdentity, withoutIdentity } from './endings.ts'
import { readFacts, type Facts, type FoundSubnet } from './facts.ts'
import { groundAt } from './farewell.ts'
import type { FoundImage } from './image-facts.ts'
import { asksForAddress, wayOutOf } from './network.ts'
import { planOf, warningsOf, type Plan, type Settings } from './plan.ts'
import type { Location } from './regions.ts'
import type { Size } from './size.ts'

/** Friendly words into ordered candidates. */
export async function resolve(
  arm: Arm,
  request: MachineRequest,
  settings: Settings,
  signal?: AbortSignal,
): Promise<Resolution> {
  const findings = newFindings()
  const plan = planOf(request, settings, findings)
  for (const text of warningsOf(request)) findings.warnings.add(text)
  signal?.throwIfAborted()
  const facts = await readFacts({ arm, plan, findings, signal })
  const stage = { plan, facts, request, api: arm.api }
  const candidates = eachOnce(
    trialsOf(plan, facts, findings).flatMap((trial) => candidateOf(trial, stage, findings)),
  )
  throwProblems(findings)
  if (candidates.length === 0) throw nothingLeft(findings)
  for (const text of findings.leftOut.keys()) findings.warnings.add(`${text} Not tried.`)
  return {
    candidates: await Promise.all(candidates.map((candidate) => endingWell(candidate, request))),
    warnings: [...findings.warnings],
  }
}

/** One thing to try. */
interface Trial {
  readonly size: Size
  /** The user's word for it. */
  readonly word: string
  readonly market: Market
  readonly location: Location
  readonly subnet?: FoundSubnet
}

/** Market by market, then the user's types, the user's regions, the sizes that a word stands for, and the subnets. */
function trialsOf({ markets, choices, locations }: Plan, { subnets }: Facts, findings: Findings): Trial[] {
  const placed = locations.map((location) => ({
    location,
    subnets: subnets.filter(({ region }) => region === undefined || region === location.region),
  }))
  if (subnets.length > 0)
    for (const { location, subnets: own } of placed)
      if (own.length === 0)
        findings.leftOut.set(
          `cloud-azure-subnet: no subnet that was named is in ${location.region}; they are in ${[...new Set(subnets.map(({ region }) => region))].join(', ')}.`,
          'invalid-input',
        )
  return markets.flatMap((market) =>
    choices.flatMap(({ word, sizes }) =>
      placed.flatMap(({ location, subnets: own }) =>
        sizes.flatMap((size) =>
          (subnets.length > 0 ? own : [undefined]).map((subnet) => ({
            size,
            word,
            market,
            location,
            ...(subnet ? { subnet } : {}),
          })),
        ),
      ),
    ),
  )
}

interface Stage {
  readonly plan: Plan
  readonly facts: Facts
  readonly request: MachineRequest
  readonly api: string
}

function candidateOf(
  { size, word, market, location: { region, zone }, subnet }: Trial,
  { plan, facts, request, api }: Stage,
  findings: Findings,
): AzureCandidate[] {
  const image = facts.imageFor(size, region)
  if (!image || !fits(image, size, findings)) return []
  const group = facts.groupFor(subnet)
  const publicAddress = asksForAddress(request, subnet)
  return [
    {
      cloud: 'azure',
      region,
      ...(zone ? { place: `${region}-${zone}`, zone } : {}),
      type: size.name,
      typeWord: word,
      market,
      platform: { os: 'linux', architecture: size.architecture },
      image: { id: image.id, name: image.name },
      diskGb: Math.max(plan.diskGb, image.leastGb),
      ground: groundAt(api, group === undefined ? undefined : plan.identities[0]),
      ending: withIdentity,
      wayOut: wayOutOf(publicAddress, subnet?.word),
      ...(group === undefined ? {} : { group }),
      ...(subnet ? { subnet: subnet.id } : {}),
      publicAddress,
      diskKind: plan.diskKind,
      reference: image.reference,
      ...(image.plan ? { plan: image.plan } : {}),
      identities: plan.identities,
      maxPrice: request.spotPrice,
    },
  ]
}

/** What nothing ends before its time has less of it where nobody has said how long, and says what that costs. */
async function endingWell(candidate: AzureCandidate, request: MachineRequest): Promise<AzureCandidate> {
  const { identities, group } = candidate
  if (identities.length > 0 && group !== undefined) return candidate
  const lifetime = request.usualLifetime ? Math.min(request.lifetime, shortLife) : request.lifetime
  const { priceOf } = await import('./price.ts')
  const price = await priceOf(candidate)
  const why = identities.length > 0 ? 'a group of its own' : 'no identity'
  return {
    ...candidate,
    ending: withoutIdentity(why, lifetime, price && renderMost(price, lifetime)),
    lifetime,
  }
}

function fits({ architecture, generation, name }: FoundImage, size: Size, { leftOut }: Findings): boolean {
  if (architecture !== undefined && architecture !== size.architecture) {
    leftOut.set(
      `cloud-image: ${name} is made for ${architecture}, and ${size.name} machines are ${size.architecture}.`,
      'invalid-input',
    )
    return false
  }
  if (generation === undefined || size.generations.includes(generation)) return true
  leftOut.set(
    `cloud-image: ${name} is of generation ${generation}, and ${size.name} starts ${size.generations.join(' and ')} alone.`,
    'invalid-input',
  )
  return false
}

/** What two words stand for answers the first of them. */
function eachOnce(candidates: readonly AzureCandidate[]): AzureCandidate[] {
  const seen = new Set<string>()
  return candidates.filter(({ typeWord: _, ...candidate }) => {
    const key = JSON.stringify(candidate)
    return !seen.has(key) && Boolean(seen.add(key))
  })
}

function nothingLeft({ leftOut }: Findings): Failure {
  const [first] = leftOut.values()
  return new Failure(first ?? 'failed-precondition', {
    tried: 'find a machine to launch on Azure',
    said: [...leftOut.keys()].join(' ') || 'nothing that was asked for fits together',
    fix: 'change what is named above.',
  })
}
