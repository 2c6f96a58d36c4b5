import { quote } from '../../options/problem.ts'
import type { SubnetPlace, Subnetwork } from './compute.ts'

/** A subnet as the user names it. */
export interface SubnetWord {
  readonly word: string
  /** Undefined = of the region where the machine is. */
  readonly region?: string
  /** Undefined = the project that machines are made in; else a host project's, which shares its network. */
  readonly project?: string
  readonly name: string
}

const pattern =
  /^(?:(?:https:\/\/[a-z.]+\/compute\/v1\/)?(?:projects\/([a-z0-9.:-]+)\/)?regions\/([a-z0-9-]+)\/subnetworks\/)?([a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)$/

const valid =
  'valid: a name, regions/REGION/subnetworks/NAME, or for a shared network projects/HOST-PROJECT/regions/REGION/subnetworks/NAME.'

export function parseSubnets(words: readonly string[], problems: Set<string>): SubnetWord[] {
  return words.flatMap((word) => {
    const [, project, region, name] = pattern.exec(word) ?? []
    if (name) return [{ word, name, ...(region ? { region } : {}), ...(project ? { project } : {}) }]
    problems.add(`cloud-gcp-subnet: ${quote(word, 120)} is not a subnet; ${valid}`)
    return []
  })
}

/** Which addresses a subnet without IPv4 gives: those of the internet, or those of its own network. */
export type Ipv6Access = 'external' | 'internal'

/** Undefined = the subnet has IPv4. https://cloud.google.com/vpc/docs/subnets#subnet-types */
export function ipv6AccessOf({ stackType, ipv6AccessType }: Subnetwork): Ipv6Access | undefined {
  if (stackType !== 'IPV6_ONLY') return undefined
  return ipv6AccessType === 'EXTERNAL' ? 'external' : 'internal'
}

/** As the creating call names it, for a machine in this region. */
export function subnetPath({ project, region, name }: SubnetPlace): string {
  return `projects/${project}/regions/${region}/subnetworks/${name}`
}

export function placeOfSubnet({ project, name }: SubnetWord, own: string, region: string): SubnetPlace {
  return { project: project ?? own, region, name }
}

/** What may keep a machine from the forge, for the message of a launch whose runner never came online. */
export function wayOutOf(address: boolean, subnet: string | undefined, ipv6?: Ipv6Access): string {
  const where = subnet === undefined ? 'the network "default"' : `subnet ${subnet}`
  if (ipv6)
    return `${where[0]!.toUpperCase()}${where.slice(1)} has no IPv4: hosts without IPv6, as github.com, are only reached by a Cloud NAT for NAT64 and a DNS64 of the network${address ? '' : ', and others by a route of that network'}.`
  return address
    ? `The machine has a public address in ${where}; a firewall rule or route of that network may keep it from the internet.`
    : `The machine has no public address (cloud-public-address: never), so ${where} needs a Cloud NAT or another way to the internet.`
}
