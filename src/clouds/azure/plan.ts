import type { Market } from '../../model/instance.ts'
import type { Complaint, MachineRequest } from '../cloud.ts'
import { complain, complaintsIn, throwProblems, type Findings } from '../findings.ts'
import { parseDisk } from './disks.ts'
import { parseIdentities } from './identities.ts'
import { parseImage, type ImageWord } from './images.ts'
import { checkGroup, parseSubnets, type SubnetWord } from './network.ts'
import { explainRegion, firstWords, parseRegion, type Location } from './regions.ts'
import { resolveTypes, type TypeChoice } from './sizes.ts'
import { checkMetadata } from './tags.ts'
import { pageAt } from '../../model/pages.ts'

/** This cloud's own options. */
export interface Settings {
  readonly subnets: readonly string[]
  readonly group?: string
}

/** The request with every word understood; nothing is read yet. */
export interface Plan {
  readonly choices: readonly TypeChoice[]
  readonly locations: readonly Location[]
  readonly image: ImageWord
  /** None, and no group either: a network for each machine. */
  readonly subnets: readonly SubnetWord[]
  readonly group?: string
  readonly markets: readonly Market[]
  readonly diskGb: number
  readonly diskKind: string
  readonly identities: readonly string[]
}

/** Everything that can be said without asking anybody. Throws `invalid-input` naming every problem. */
export function planOf(request: MachineRequest, settings: Settings, findings: Findings): Plan {
  const { problems } = findings
  const choices = resolveTypes(request.types, request.gpu, findings)
  const words = request.regions.length > 0 ? request.regions : firstWords
  const locations = words.flatMap((word) => locate(word, findings))
  const image = parseImage(request.image, findings)
  const subnets = parseSubnets(settings.subnets, problems)
  const diskKind = parseDisk(request, problems)
  const identities = parseIdentities(request.permissionSet, problems)
  checkGroup(settings.group, problems)
  for (const problem of checkMetadata(request.metadata)) problems.add(problem)
  checkIdentities(identities, settings, findings)
  checkWayOut(request, settings, problems)
  throwProblems(findings)
  return {
    choices,
    locations,
    image: image!,
    subnets,
    ...(settings.group === undefined ? {} : { group: settings.group }),
    markets: request.spot ? (request.spotFallback ? ['spot', 'on-demand'] : ['spot']) : ['on-demand'],
    diskGb: request.diskGb,
    diskKind,
    identities,
  }
}

/** The problems of a request; none is an empty list. */
export function complaintsOf(request: MachineRequest, settings: Settings): readonly Complaint[] {
  return complaintsIn((findings) => planOf(request, settings, findings))
}

function locate(word: string, findings: Findings): Location[] {
  const location = parseRegion(word)
  if (location) return [location]
  complain(findings, 'cloud-region', word, explainRegion(word))
  return []
}

/** Of a network that is made for a machine it is known that nothing else leads out. */
function checkWayOut({ publicAddress }: MachineRequest, settings: Settings, problems: Set<string>): void {
  if (publicAddress === 'never' && settings.group === undefined && settings.subnets.length === 0)
    problems.add(
      'cloud-public-address: never needs a network with a way out, in cloud-azure-subnet or cloud-azure-resource-group: the one that a machine is given otherwise has none.',
    )
}

/** Nobody can give rights in a group that is not there yet. */
function checkIdentities(
  identities: readonly string[],
  { group, subnets }: Settings,
  { warnings }: Findings,
): void {
  if (identities.length === 0) return
  if (group === undefined && subnets.length === 0)
    warnings.add(
      'cloud-permission-set: the machine gets a group of its own, in which its identity has no rights, so it cannot remove itself; name a group in cloud-azure-resource-group.',
    )
  warnings.add(
    'cloud-permission-set: every job of the machine can use the rights of its identities, and so may remove machines if they may.',
  )
}

export function warningsOf(request: MachineRequest): string[] {
  return request.ssh
    ? [
        `cloud-ssh-private: nothing is opened for SSH. A public address lets nobody in unless a security group of the subnet allows it: ${pageAt('docs/logging-in.md')} has that, and ways around it.`,
      ]
    : []
}
