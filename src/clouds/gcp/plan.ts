import type { Market } from '../../model/instance.ts'
import type { Complaint, MachineRequest } from '../cloud.ts'
import { complain, complaintsIn, throwProblems, type Findings } from '../findings.ts'
import { parseDisk, type DiskWish } from './disks.ts'
import { parseImage, type ImageWord } from './images.ts'
import { checkMetadata } from './labels.ts'
import { parseSubnets, type SubnetWord } from './network.ts'
import { explainRegion, firstWords, parseRegion, type Location } from './regions.ts'
import { parseServiceAccount, type ServiceAccount } from './service-account.ts'
import { resolveTypes, type TypeChoice } from './sizes.ts'
import { pageAt } from '../../model/pages.ts'

/** The request with every word understood; nothing is read yet. */
export interface Plan {
  readonly choices: readonly TypeChoice[]
  readonly locations: readonly Location[]
  readonly image: ImageWord
  /** None = the network `default`. */
  readonly subnets: readonly SubnetWord[]
  readonly publicAddress: MachineRequest['publicAddress']
  readonly markets: readonly Market[]
  readonly diskGb: number
  readonly disk: DiskWish
  readonly serviceAccount?: ServiceAccount
}

/** Everything that can be said without asking anybody. Throws `invalid-input` naming every problem. */
export function planOf(request: MachineRequest, subnetWords: readonly string[], findings: Findings): Plan {
  const { problems } = findings
  const choices = resolveTypes(request.types, request.gpu, findings)
  const words = request.regions.length > 0 ? request.regions : firstWords
  const locations = words.flatMap((word) => locate(word, findings))
  const image = parseImage(request.image, findings)
  const subnets = parseSubnets(subnetWords, problems)
  const disk = parseDisk(request, problems)
  const serviceAccount = parseServiceAccount(request.permissionSet, problems)
  const markets = marketsOf(request, findings)
  for (const problem of checkMetadata(request.metadata)) problems.add(problem)
  for (const problem of checkSubnets(subnets, locations)) problems.add(problem)
  throwProblems(findings)
  return {
    choices,
    locations,
    image: image!,
    subnets,
    publicAddress: request.publicAddress,
    markets,
    diskGb: request.diskGb,
    disk,
    ...(serviceAccount ? { serviceAccount } : {}),
  }
}

/** The problems of a request; none is an empty list. */
export function complaintsOf(request: MachineRequest, subnetWords: readonly string[]): readonly Complaint[] {
  return complaintsIn((findings) => planOf(request, subnetWords, findings))
}

function locate(word: string, findings: Findings): Location[] {
  const location = parseRegion(word)
  if (location) return [location]
  complain(findings, 'cloud-region', word, explainRegion(word))
  return []
}

const noCeiling = 'cloud-spot-price: Google Cloud sets the price of spot machines and takes no ceiling for it'

/** Where a ceiling is given there is no spot machine that keeps it. */
function marketsOf({ spot, spotFallback, spotPrice }: MachineRequest, findings: Findings): Market[] {
  if (!spot) return ['on-demand']
  if (spotPrice === -1) return spotFallback ? ['spot', 'on-demand'] : ['spot']
  if (spotFallback) findings.warnings.add(`${noCeiling}: no spot machine is tried.`)
  else findings.problems.add(`${noCeiling}; leave it out, or add cloud-spot-fallback.`)
  return ['on-demand']
}

/** One that names its region is of use nowhere else. */
function checkSubnets(subnets: readonly SubnetWord[], locations: readonly Location[]): string[] {
  const regions = new Set(locations.map(({ region }) => region))
  return subnets
    .filter(({ region }) => region !== undefined && !regions.has(region))
    .map(
      ({ word, region }) =>
        `cloud-gcp-subnet: ${word} is in ${region}, but cloud-region asks for ${[...regions].join(', ')}.`,
    )
}

export function warningsOf(request: MachineRequest, plan: Pick<Plan, 'serviceAccount'>): string[] {
  const warnings: string[] = []
  if (request.ssh)
    warnings.push(
      `cloud-ssh-private: nothing is opened for SSH. The network “default” lets port 22 in from everywhere unless somebody has closed it; from any other one, use a firewall rule or a tunnel: ${pageAt('docs/logging-in.md')} has both.`,
    )
  if (plan.serviceAccount)
    warnings.push(
      'cloud-permission-set: every job of the machine can use the rights of its service account, and so may end machines if the account may.',
    )
  return warnings
}
