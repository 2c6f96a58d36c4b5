import { Failure } from '../../model/failure.ts'
import type { Identity } from '../../model/identity.ts'
import type { Instance, InstanceState } from '../../model/instance.ts'
import { leaseTags, managedBy, readLease, tagOf, type LeaseQuery } from '../../model/lease.ts'
import type { Clock } from '../../lib/clock.ts'
import type { CloudContext, Listing, Unreadable } from '../cloud.ts'
import type { Ec2, Ec2Instance } from './client.ts'
import { readEnd } from './ends.ts'
import { isShut } from './failures.ts'
import type { Call } from '../../lib/sending.ts'
import { escapeFilter } from './tags.ts'

/**
 * A stopped machine counts as running: its disk is billed, nothing ends it by itself, and removing it must not be skipped. `ended` tells.
 */
const states: Readonly<Record<string, InstanceState>> = {
  pending: 'pending',
  running: 'running',
  stopping: 'running',
  stopped: 'running',
  'shutting-down': 'ending',
  terminated: 'gone',
}

const livingStates = ['pending', 'running', 'stopping', 'stopped', 'shutting-down']

export function readInstance(region: string, machine: Ec2Instance): Instance {
  const zone = machine.Placement?.AvailabilityZone
  const ip = machine.PublicIpAddress ?? machine.PrivateIpAddress ?? ipv6Of(machine)
  const ended = readEnd(machine)
  return {
    cloud: 'aws',
    id: machine.InstanceId ?? '',
    region,
    ...(zone ? { zone } : {}),
    type: machine.InstanceType ?? '',
    market: machine.InstanceLifecycle === 'spot' ? 'spot' : 'on-demand',
    state: states[machine.State?.Name ?? 'pending'] ?? 'running',
    ...(ip ? { ip } : {}),
    launchedAt: Math.floor((machine.LaunchTime?.getTime() ?? 0) / 1000),
    ...readLease(tagsOf(machine)),
    ...(ended ? { ended } : {}),
  }
}

function tagsOf({ Tags = [] }: Ec2Instance): Readonly<Record<string, string>> {
  return Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]))
}

/** The address of a machine without IPv4. */
function ipv6Of({ Ipv6Address, NetworkInterfaces = [] }: Ec2Instance): string | undefined {
  const [first] = NetworkInterfaces.flatMap(({ Ipv6Addresses = [] }) => Ipv6Addresses)
  return Ipv6Address ?? first?.Ipv6Address
}

/** Where is looked, and for which: those that have ended EC2 remembers for about an hour. */
export interface Where {
  readonly regions: readonly string[]
  readonly which?: 'living' | 'ended'
}

/** Region by region, side by side. */
export async function list(
  ec2: Ec2,
  query: LeaseQuery,
  { regions, which = 'living' }: Where,
  signal?: AbortSignal,
): Promise<Listing> {
  const [tag, value] = tagOf(query)
  const states = which === 'ended' ? ['terminated'] : livingStates
  const filters = [...tagFilters(tag, value), { Name: 'instance-state-name', Values: states }]
  const tried = `list the machines of ${'scope' in query ? value : `launch ${value}`}`
  const open = regions.filter((region) => !ec2.shut.has(region))
  const looks = await Promise.allSettled(
    open.map(async (region) => {
      const machines = await describeAll(ec2, region, filters, { tried: `${tried} in ${region}`, signal })
      // A filter may be read more widely than it was meant.
      return machines
        .filter((machine) => tagsOf(machine)[tag] === value)
        .map((machine) => readInstance(region, machine))
    }),
  )
  signal?.throwIfAborted()
  const found = looks.flatMap((look) => (look.status === 'fulfilled' ? [look.value] : []))
  const unreadable: Unreadable[] = []
  for (const [index, look] of looks.entries()) {
    if (look.status === 'fulfilled') continue
    const [region, failure] = [open[index]!, look.reason as unknown]
    if (!(failure instanceof Failure)) throw failure
    // Another region shows that the credentials are good.
    if (found.length > 0 && isShut(failure)) ec2.shut.add(region)
    else unreadable.push({ place: { cloud: 'aws', region }, failure })
  }
  return { machines: found.flat(), unreadable }
}

/** Where questions about the whole account are asked: credentials of another partition than the first need its variable. */
export function homeRegion({ AWS_REGION, AWS_DEFAULT_REGION }: CloudContext['variables']): string {
  return AWS_REGION || AWS_DEFAULT_REGION || 'us-east-1'
}

/** Regions the account has enabled. Any region can be asked; each partition has its own list, and credentials belong to one. */
export async function enabledRegions(
  ec2: Ec2,
  { variables }: CloudContext,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const regions = await ec2.describeRegions(
    homeRegion(variables),
    {},
    { tried: 'list the regions of this account', signal },
  )
  return regions.flatMap(({ RegionName }) => RegionName ?? []).sort()
}

/** Machines of a launch in any state, also those that have ended, which EC2 remembers for about an hour. */
export async function findRemembered(
  ec2: Ec2,
  identity: Identity,
  region: string,
  signal?: AbortSignal,
): Promise<readonly Ec2Instance[]> {
  return describeAll(ec2, region, tagFilters(leaseTags.identity, identity), {
    tried: `look for machines of launch ${identity} in ${region}`,
    signal,
  })
}

function tagFilters(tag: string, value: string): { Name: string; Values: string[] }[] {
  return [
    { Name: `tag:${leaseTags.managedBy}`, Values: [managedBy] },
    { Name: `tag:${tag}`, Values: [escapeFilter(value)] },
  ]
}

/** The most that EC2 gives at once. */
const pageSize = 1000

function describeAll(
  ec2: Ec2,
  region: string,
  filters: { Name: string; Values: string[] }[],
  call: Call,
): Promise<readonly Ec2Instance[]> {
  return ec2.describeInstances(region, { Filters: filters, MaxResults: pageSize }, call)
}

/** Seconds after which an unknown id means that EC2 has forgotten the machine, not that it does not know it yet. */
const settled = 900

/** Undefined while EC2 does not know a young machine yet; `gone` once it has forgotten an old one. */
export async function look(
  ec2: Ec2,
  instance: Instance,
  clock: Clock,
  signal?: AbortSignal,
): Promise<Instance | undefined> {
  const { id, region } = instance
  try {
    const found = await ec2.describeInstances(
      region,
      { InstanceIds: [id] },
      { tried: `look at machine ${id} in ${region}`, signal },
    )
    const machine = found.find(({ InstanceId }) => InstanceId === id)
    if (machine) return readInstance(region, machine)
  } catch (error) {
    if (!isUnknown(error)) throw error
  }
  return clock.now() / 1000 - instance.launchedAt > settled ? { ...instance, state: 'gone' } : undefined
}

export async function destroy(
  ec2: Ec2,
  { id, region }: Pick<Instance, 'id' | 'region'>,
  signal?: AbortSignal,
): Promise<void> {
  try {
    const call = { tried: `remove machine ${id} in ${region}`, signal }
    await ec2.terminateInstances(region, { InstanceIds: [id] }, call)
  } catch (error) {
    if (!isUnknown(error)) throw error
  }
}

function isUnknown(error: unknown): boolean {
  return error instanceof Failure && error.explanation.code === 'InvalidInstanceID.NotFound'
}

export function removalCommand({ id, region }: Pick<Instance, 'id' | 'region'>): string {
  return `aws ec2 terminate-instances --region ${region} --instance-ids ${id}`
}
