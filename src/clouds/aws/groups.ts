import { Failure } from '../../model/failure.ts'
import { quote } from '../../options/problem.ts'
import type { Groups } from './candidate.ts'
import type { Ec2, SecurityGroup } from './client.ts'
import { isDenied } from './failures.ts'
import type { Findings } from '../findings.ts'

/** One word of `cloud-aws-security-group`. */
export type GroupWord = { readonly id: string } | { readonly name: string }

/** The groups of one VPC, and whether they certainly let nothing out. */
export interface VpcGroups {
  readonly groups: Groups
  readonly shut: boolean
}

export function parseGroups(words: readonly string[], { problems }: Findings): GroupWord[] {
  return words.map((word) => {
    if (!word.startsWith('sg-')) return { name: word }
    if (!/^sg-([0-9a-f]{8}|[0-9a-f]{17})$/.test(word))
      problems.add(
        `cloud-aws-security-group: ${quote(word)} is not a whole group id such as sg-0a1b2c3d4e5f60718, and names cannot begin with sg-.`,
      )
    return { id: word }
  })
}

export function namesOf(words: readonly GroupWord[]): string[] {
  return words.flatMap((word) => ('name' in word ? [word.name] : []))
}

export function idsOf(words: readonly GroupWord[]): string[] {
  return words.flatMap((word) => ('id' in word ? [word.id] : []))
}

/** What the group is called in a hint. */
export function groupHint(words: readonly GroupWord[]): string {
  const which =
    words.length === 0
      ? "The VPC's default security group"
      : `Security group ${words.map((word) => ('id' in word ? word.id : word.name)).join(', ')}`
  return `${which} must let HTTPS (TCP 443) and DNS out.`
}

/** Names are unique within a VPC. Throws `not-found` for one that is not there. */
export async function groupsIn(
  ec2: Ec2,
  { region, vpc }: { readonly region: string; readonly vpc: string },
  words: readonly GroupWord[],
  signal?: AbortSignal,
): Promise<VpcGroups> {
  const names = namesOf(words)
  if (names.length === 0) return { groups: { ids: idsOf(words), names: [] }, shut: false }
  const tried = `find security group ${names.map((name) => quote(name)).join(', ')} in ${vpc} (${region})`
  const query = {
    Filters: [
      { Name: 'vpc-id', Values: [vpc] },
      { Name: 'group-name', Values: names },
    ],
  }
  const found = await ec2.describeSecurityGroups(region, query, { tried, signal })
  const named = names.map((name) => found.find(({ GroupName }) => GroupName === name))
  const missing = names.filter((_, index) => !named[index]?.GroupId)
  if (missing.length > 0) throw unknownGroup(tried, missing)
  const ids = words.map((word) => ('id' in word ? word.id : named[names.indexOf(word.name)]!.GroupId!))
  return { groups: { ids, names: [] }, shut: idsOf(words).length === 0 && named.every(letsNothingOut) }
}

function letsNothingOut(group: SecurityGroup | undefined): boolean {
  return group?.IpPermissionsEgress?.length === 0
}

function unknownGroup(tried: string, names: readonly string[]): Failure {
  return new Failure('not-found', {
    tried,
    said: `there is none by the name ${names.map((name) => quote(name)).join(', ')} in that VPC`,
    why: 'Names belong to one VPC: the one of the subnet, or the default VPC where no subnet is given.',
    fix: 'correct `cloud-aws-security-group`, or give the id (sg-…). No group is created.',
  })
}

/** With subnets: the groups in each VPC. A name cannot be sent with a subnet, so here the read must work. */
export async function groupsOfVpcs(
  ec2: Ec2,
  { region, vpcs }: { readonly region: string; readonly vpcs: readonly string[] },
  words: readonly GroupWord[],
  signal?: AbortSignal,
): Promise<(vpc: string | undefined) => VpcGroups | undefined> {
  if (words.length === 0) return () => undefined
  const names = namesOf(words)
  if (names.length === 0) return () => ({ groups: { ids: idsOf(words), names: [] }, shut: false })
  const fix = `give the group's id (sg-…) in \`cloud-aws-security-group\`, or grant ec2:DescribeSubnets and ec2:DescribeSecurityGroups.`
  if (vpcs.length === 0)
    throw new Failure('permission-denied', {
      tried: `look up security group ${names.map((name) => quote(name)).join(', ')} in ${region}`,
      said: 'the VPC of the subnet could not be read',
      fix,
    })
  try {
    const found = await Promise.all(
      vpcs.map(async (vpc) => [vpc, await groupsIn(ec2, { region, vpc }, words, signal)] as const),
    )
    const known = new Map(found)
    return (vpc) => (vpc ? known.get(vpc) : undefined)
  } catch (error) {
    if (error instanceof Failure && isDenied(error))
      throw new Failure('permission-denied', { ...error.explanation, fix }, { cause: error })
    throw error
  }
}
