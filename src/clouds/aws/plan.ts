import type { Market } from '../../model/instance.ts'
import type { ValuesOf } from '../../options/option.ts'
import type { Complaint, MachineRequest } from '../cloud.ts'
import { parseDisk, type DiskWish } from './disks.ts'
import { complain, complaintsIn, throwProblems, type Findings } from '../findings.ts'
import { parseImage, type ImageWord } from './images.ts'
import type { awsOptions } from './options.ts'
import { idsOf } from './groups.ts'
import { parseNetwork } from './network.ts'
import { checkProfile } from './profile.ts'
import { explainRegion, firstWords, parseRegion, partitionOf, type Location } from './regions.ts'
import type { NetworkWords } from './sites.ts'
import { resolveTypes, type TypeChoice } from './sizes.ts'
import { checkMetadata } from './tags.ts'
import { pageAt } from '../../model/pages.ts'

/** Options of this cloud alone. */
export interface NetworkSettings {
  readonly subnets: readonly string[]
  readonly groups: readonly string[]
}

/** The request with every word understood; nothing is read yet. */
export interface Plan {
  readonly choices: readonly TypeChoice[]
  readonly locations: readonly Location[]
  readonly image: ImageWord
  readonly network: NetworkWords
  readonly markets: readonly Market[]
  readonly diskGb: number
  readonly disk: DiskWish
}

/** Everything that can be said without asking EC2. Throws `invalid-input` naming every problem. */
export function planOf(request: MachineRequest, settings: NetworkSettings, findings: Findings): Plan {
  const choices = resolveTypes(request.types, request.gpu, findings)
  const words = request.regions.length > 0 ? request.regions : firstWords
  const locations = words.flatMap((word) => locate(word, findings))
  const image = parseImage(request.image, findings)
  const network = parseNetwork(settings, request, findings)
  const disk = parseDisk(request, findings.problems)
  const others = [
    ...checkSingleRegion(locations, image, network),
    ...checkPartitions(locations),
    ...checkProfile(request.permissionSet, partitionOf(locations[0]?.region ?? '')),
    ...checkMetadata(request.metadata),
  ]
  for (const problem of others) findings.problems.add(problem)
  throwProblems(findings)
  return {
    choices,
    locations,
    image: image!,
    network,
    markets: marketsOf(request),
    diskGb: request.diskGb,
    disk,
  }
}

/** The problems of a request; none is an empty list. */
export function complaintsOf(request: MachineRequest, settings: NetworkSettings): readonly Complaint[] {
  return complaintsIn((findings) => planOf(request, settings, findings))
}

/** What the cloud's own options say. */
export function networkSettings(settings: ValuesOf<typeof awsOptions>): NetworkSettings {
  return {
    subnets: settings['cloud-aws-subnet'] ?? [],
    groups: settings['cloud-aws-security-group'] ?? [],
  }
}

function locate(word: string, findings: Findings): Location[] {
  const location = parseRegion(word)
  if (location) return [location]
  complain(findings, 'cloud-region', word, explainRegion(word))
  return []
}

function marketsOf({ spot, spotFallback }: MachineRequest): Market[] {
  if (!spot) return ['on-demand']
  return spotFallback ? ['spot', 'on-demand'] : ['spot']
}

/** One set of credentials serves the regions of one partition. */
function checkPartitions(locations: readonly Location[]): string[] {
  const partitions = new Set(locations.map(({ region }) => partitionOf(region)))
  return partitions.size < 2
    ? []
    : [
        `cloud-region: ${locations.map(({ region }) => region).join(', ')} are of several partitions (${[...partitions].join(', ')}), and an account belongs to one.`,
      ]
}

/** Ids mean something in one region only. */
function checkSingleRegion(
  locations: readonly Location[],
  image: ImageWord | undefined,
  { subnets, groups }: NetworkWords,
): string[] {
  const regions = [...new Set(locations.map(({ region }) => region))]
  if (regions.length < 2) return []
  const several = `several regions (${regions.join(', ')}) were asked for, and an id exists in one only; name one region`
  return [
    ...(subnets.length > 0 ? [`cloud-aws-subnet: ${several}.`] : []),
    ...(idsOf(groups).length > 0 ? [`cloud-aws-security-group: ${several}, or give the group's name.`] : []),
    ...(image?.kind === 'id' ? [`cloud-image: ${several}, or give the image as OWNER/NAME.`] : []),
  ]
}

export function warningsOf(request: MachineRequest, { groups }: NetworkSettings): string[] {
  const warnings: string[] = []
  if (request.ssh && groups.length === 0) {
    warnings.push(
      `cloud-ssh-private: nothing is opened for SSH. A VPC's default security group lets nobody in; name one that does in cloud-aws-security-group: ${pageAt('docs/logging-in.md')}`,
    )
  }
  if (request.permissionSet) {
    warnings.push(
      'cloud-permission-set: so that jobs in containers reach the permissions, metadata answers travel two hops; any container on the machine can use them.',
    )
  }
  return warnings
}
