import { Failure } from '../../model/failure.ts'
import { isOurs, wishOf } from '../../model/ownership.ts'
import { groupPath, versions, type ArmGroup } from './arm.ts'
import { callFor, type Creation } from './creation.ts'
import { isGone } from './failures.ts'
import type { Where } from './names.ts'
import { awaitDone } from './operations.ts'
import { readGroup } from './read-machine.ts'
import { tagsOf } from './tags.ts'

/** The network of one machine, which nobody else is in. */
const addresses = '10.0.0.0/24'

/**
 * A group with a network for one machine. Both say whose they are from the call that makes them. Returns the id of the subnet; undefined where the group
 * of an earlier try is being removed. `exists`: somebody has seen the group, so that it is looked at and not made over.
 */
export async function ownGroup(
  creation: Creation,
  where: Where,
  exists: boolean,
): Promise<string | undefined> {
  const { arm, candidate, order, context } = creation
  const call = callFor(creation)
  const tags = tagsOf(order.lease, order.request.metadata)
  const path = groupPath(await arm.subscription(call), where.group)
  const state = exists ? await lookAt(creation, path) : 'absent'
  if (state === 'leaving') return undefined
  if (state === 'absent') {
    const body = { location: candidate.region, tags }
    await arm.send({ method: 'PUT', path: `${path}?api-version=${versions.groups}`, body }, call)
  }
  const network = `${path}/providers/Microsoft.Network/virtualNetworks/${where.name}`
  const body = {
    location: candidate.region,
    tags,
    properties: {
      addressSpace: { addressPrefixes: [addresses] },
      subnets: [{ name: 'machine', properties: { addressPrefix: addresses } }],
    },
  }
  const made = await arm.send(
    { method: 'PUT', path: `${network}?api-version=${versions.network}`, body },
    call,
  )
  // A machine is refused in a subnet that is not ready.
  await awaitDone(arm, made, { ...call, clock: context.clock })
  return `${network}/subnets/machine`
}

/** Of a twin, or of an earlier try. Throws where it is somebody else's. */
async function lookAt(creation: Creation, path: string): Promise<'absent' | 'leaving' | 'there'> {
  const { arm, order, candidate } = creation
  try {
    const { body } = await arm.send(
      { method: 'GET', path: `${path}?api-version=${versions.groups}` },
      callFor(creation),
    )
    const group = body as ArmGroup
    if (/^Deleting$/i.test(group.properties?.provisioningState ?? '')) return 'leaving'
    if (isOurs(readGroup(group, candidate.type), wishOf(order.lease))) return 'there'
    throw new Failure('conflict', {
      tried: callFor(creation).tried,
      said: `there is a resource group ${group.name}, and it does not say that it is of this launch`,
      fix: `look who has made it, and remove it: az group show --name ${group.name}`,
    })
  } catch (error) {
    if (isGone(error)) return 'absent'
    throw error
  }
}
