import { all } from '../../lib/all.ts'
import { Failure, joinReasons } from '../../model/failure.ts'
import { groupPath, versions, type Arm, type ArmNetwork } from './arm.ts'
import { isGone, isOptionalFailure } from './failures.ts'
import { ImageReader, type FoundImage } from './image-facts.ts'
import { networkId, type SubnetWord } from './network.ts'
import type { Reading } from './reading.ts'
import { mayWrite } from './rights.ts'
import { plainRegion } from './regions.ts'
import type { Size } from './size.ts'

/** A subnet that is there. */
export interface FoundSubnet {
  readonly word: string
  readonly id: string
  readonly group: string
  /** Undefined where it could not be read. */
  readonly region?: string
  readonly hasGateway: boolean
}

/** What could be read before anything is made. */
export interface Facts {
  readonly subnets: readonly FoundSubnet[]
  /** Where machines are made, with a subnet of another group too; undefined = a group for each. */
  groupFor(subnet: FoundSubnet | undefined): string | undefined
  /** The image for a size in a region; undefined where it is not sold there, which has been told. */
  imageFor(size: Size, region: string): FoundImage | undefined
}

/** All reads side by side; every failure in one message. */
export async function readFacts(reading: Reading): Promise<Facts> {
  const { arm, signal, plan } = reading
  await arm.subscription({ tried: 'find the subscription of Azure to launch in', signal })
  const images = new ImageReader(reading)
  const results = await all([
    images.readAll(),
    readSubnets(reading),
    checkTimer(reading),
    checkGroup(reading),
  ])
  signal?.throwIfAborted()
  if ('reasons' in results) throw joinReasons(results.reasons)
  const [, subnets] = results.values
  return {
    subnets,
    groupFor: (subnet) => plan.group ?? subnet?.group,
    imageFor: (size, region) => images.of(size, region),
  }
}

/** The group that was named is there. */
async function checkGroup({ arm, plan: { group }, signal }: Reading): Promise<void> {
  if (group === undefined) return
  const path = `${groupPath(await arm.subscription(), group)}?api-version=${versions.groups}`
  try {
    await arm.send({ method: 'GET', path }, { tried: `look at resource group ${group}`, signal })
  } catch (error) {
    if (!isGone(error)) throw error
    throw new Failure('not-found', {
      tried: `find resource group ${group}`,
      said: 'there is none of that name in the subscription',
      fix: `correct \`cloud-azure-resource-group\`, or make it: az group create --name ${group} --location REGION`,
    })
  }
}

/** Azure takes the order to end a machine only where the service is registered, which is better known before there is a machine. */
async function checkTimer({ arm, findings, signal }: Reading): Promise<void> {
  const path = `/subscriptions/${await arm.subscription()}/providers/Microsoft.ComputeSchedule?api-version=${versions.providers}`
  const call = { tried: 'learn whether Azure can end machines at a time', signal, attempts: 3 }
  try {
    const { body } = await arm.send({ method: 'GET', path }, call)
    const { registrationState: state } = (body ?? {}) as { readonly registrationState?: string }
    if (state === 'Registered' || state === 'Registering') return
  } catch (error) {
    if (!isOptionalFailure(error)) throw error
    findings.warnings.add(
      `Whether Azure can end the machine when its \`max-lifetime\` is over could not be looked up (${error.explanation.said ?? error.kind}): if it cannot, the launch is undone.`,
    )
    return
  }
  throw new Failure('permission-denied', {
    tried: 'have Azure end the machine when its `max-lifetime` is over',
    said: 'the subscription is not registered for Microsoft.ComputeSchedule',
    why: 'Nothing else ends a machine of Azure whatever becomes of its agent, so none is launched without it.',
    fix: 'az provider register --namespace Microsoft.ComputeSchedule --wait',
  })
}

async function readSubnets(reading: Reading): Promise<readonly FoundSubnet[]> {
  const { plan } = reading
  if (plan.subnets.length > 0) {
    const found = await Promise.all(plan.subnets.map((word) => readSubnet(reading, word)))
    if (plan.group === undefined) await checkGroups(reading, found)
    return found
  }
  return plan.group === undefined ? [] : subnetsOfGroup(reading, plan.group)
}

async function readSubnet({ arm, findings, signal }: Reading, word: SubnetWord): Promise<FoundSubnet> {
  const id = networkId(word, await arm.subscription())
  const found = { word: word.word, id: `${id}/subnets/${word.name}`, group: word.group, hasGateway: false }
  try {
    const path = `${id}?api-version=${versions.network}`
    const { body } = await arm.send({ method: 'GET', path }, { tried: `look at subnet ${word.word}`, signal })
    const { location, properties } = body as ArmNetwork
    const own = properties?.subnets?.find(({ name }) => name?.toLowerCase() === word.name.toLowerCase())
    if (own)
      return { ...found, region: plainRegion(location), hasGateway: own.properties?.natGateway !== undefined }
  } catch (error) {
    if (isOptionalFailure(error)) {
      findings.warnings.add(
        `The subnet ${word.word} could not be read (${error.explanation.said ?? error.kind}): nothing is known of its region and its way out.`,
      )
      return found
    }
    if (!isGone(error)) throw error
  }
  throw new Failure('not-found', {
    tried: `find subnet ${word.word}`,
    said: 'there is none of that name in the subscription',
    fix: 'correct `cloud-azure-subnet`; what there is: az network vnet list --query "[].{name:name, group:resourceGroup, subnets:subnets[].name}"',
  })
}

/** Machines go into the group of their subnet, where these credentials may make any there. */
async function checkGroups(reading: Reading, subnets: readonly FoundSubnet[]): Promise<void> {
  for (const group of new Set(subnets.map((subnet) => subnet.group))) {
    const may = await mayWrite(reading, group)
    if (may === undefined)
      reading.findings.warnings.add(`Whether machines can be made in group ${group} could not be looked up.`)
    if (may === false)
      throw new Failure('permission-denied', {
        tried: `make machines in resource group ${group}, in which the subnet is`,
        said: 'these credentials lack Microsoft.Compute/virtualMachines/write there',
        why: 'Where no group is named, machines go into that of their subnet.',
        fix: 'name a group that may be written in `cloud-azure-resource-group`.',
      })
  }
}

/** Where a group is named and no subnet, the networks of that group have one. */
async function subnetsOfGroup(
  { arm, signal, findings }: Reading,
  group: string,
): Promise<readonly FoundSubnet[]> {
  const path = `${groupPath(await arm.subscription(), group)}/providers/Microsoft.Network/virtualNetworks?api-version=${versions.network}`
  const call = { tried: `list the networks of group ${group}`, signal }
  const networks = await readNetworks(arm, path, call)
  const found = networks.flatMap(({ name, location, properties }) =>
    (properties?.subnets ?? []).map(({ id = '', name: subnet = '', properties: own }) => ({
      word: `${group}/${name}/${subnet}`,
      id,
      group,
      region: plainRegion(location),
      hasGateway: own?.natGateway !== undefined,
    })),
  )
  // The first of each region: machines of one launch are not spread by chance.
  const first = new Map(found.toReversed().map((subnet) => [subnet.region, subnet]))
  if (networks.length > 0 && first.size < found.length)
    findings.warnings.add(
      `Group ${group} has ${found.length} subnets: ${[...first.values()].map(({ word }) => word).join(', ')} is taken; name another in cloud-azure-subnet.`,
    )
  if (found.length > 0) return [...first.values()]
  throw new Failure('not-found', {
    tried: `find a subnet in resource group ${group}`,
    said: 'no network of it has one',
    fix: `name one in \`cloud-azure-subnet\`, or make one: az network vnet create --resource-group ${group} --name runners --subnet-name runners`,
  })
}

async function readNetworks(
  arm: Arm,
  path: string,
  call: { tried: string; signal?: AbortSignal | undefined },
): Promise<readonly ArmNetwork[]> {
  try {
    const { body } = await arm.send({ method: 'GET', path }, call)
    return ((body ?? {}) as { readonly value?: readonly ArmNetwork[] }).value ?? []
  } catch (error) {
    // The group itself is looked at besides.
    if (isGone(error)) return []
    throw error
  }
}
