import type { Failure } from '../../model/failure.ts'
import type { Addresses, Groups } from './candidate.ts'
import type { Ec2, RouteTable } from './client.ts'
import type { Exit, NetworkWish } from './exits.ts'
import type { Findings } from '../findings.ts'
import { groupHint, type GroupWord, type VpcGroups } from './groups.ts'
import { isOptionalFailure } from './optional.ts'

/** The network options, parsed. */
export interface NetworkWords extends NetworkWish {
  readonly subnets: readonly string[]
  readonly groups: readonly GroupWord[]
}

/** What a place to try is for the creating call. */
export interface Site {
  readonly groups?: Groups
  readonly addresses?: Addresses
  readonly wayOut: string
}

/** A subnet as a place to try, with what could be learnt of it. */
export interface SubnetSite extends Site {
  readonly subnet: string
  readonly zone?: string
}

export interface Network {
  /** The user asked for subnets. They stand in the user's order; those that cannot serve are left out. */
  readonly subnets?: readonly SubnetSite[]
  /** Without subnets: where EC2 chooses the zone; undefined = it must not, since its zones differ or nothing is there. */
  readonly anywhere?: Site
  /** Without subnets: the zones where a machine can work, where that could be read. */
  readonly zones?: readonly string[]
  /** Without subnets: a zone by its name; undefined = no machine of ours can work there. */
  inZone(zone: string): (Site & { readonly subnet?: string }) | undefined
}

/** How one region's network is read. */
export interface NetworkSearch {
  readonly ec2: Ec2
  readonly region: string
  readonly words: NetworkWords
  readonly findings: Findings
  readonly signal?: AbortSignal | undefined
}

/** A place to try; undefined, and left out, where a machine certainly could not do its work. */
export function siteOf(
  name: string,
  exit: Exit,
  own: VpcGroups | undefined,
  { words, findings }: Pick<NetworkSearch, 'words' | 'findings'>,
): Site | undefined {
  const shut = own?.shut ? `Its security group lets nothing out.` : ''
  const text = [exit.text, shut].filter(Boolean).join(' ')
  if (exit.doubt) findings.warnings.add(exit.doubt)
  if (exit.closed || shut) {
    const advice = `Its machines cannot reach ${words.internet?.host ?? 'the internet'}${words.internet ? '' : ', unless through a proxy in that network'}.`
    if (words.internet) {
      findings.leftOut.set(`${text} ${advice}`, 'failed-precondition')
      return undefined
    }
    findings.warnings.add(`${text} ${advice}`)
  }
  if (exit.addresses.ipv6Only && words.publicAddress === 'always') {
    findings.leftOut.set(
      `cloud-public-address: ${name} has no IPv4, so that there is no public address to ask for.`,
      'invalid-input',
    )
    return undefined
  }
  return {
    ...(own ? { groups: own.groups } : {}),
    ...(Object.keys(exit.addresses).length > 0 ? { addresses: exit.addresses } : {}),
    wayOut: `${text} ${groupHint(words.groups)}`,
  }
}

export async function readTables(
  { ec2, region, signal }: NetworkSearch,
  vpcs: readonly string[],
): Promise<readonly RouteTable[] | undefined> {
  try {
    const query = { Filters: [{ Name: 'vpc-id', Values: [...vpcs] }] }
    const tried = `read the route tables of ${vpcs.join(', ')} in ${region}`
    return await ec2.describeRouteTables(region, query, { tried, signal })
  } catch (error) {
    if (isOptionalFailure(error)) return undefined
    throw error
  }
}

export function firstLine(error: Failure): string {
  return error.message.split('\n', 1)[0] ?? ''
}
