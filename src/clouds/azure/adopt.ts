import { Failure } from '../../model/failure.ts'
import { isAlive, type Instance } from '../../model/instance.ts'
import { isOurs, wishOf, type Owned } from '../../model/ownership.ts'
import { callFor, type Creation } from './creation.ts'
import { isGone, isGroupGone } from './failures.ts'
import { idOf, isAlone, type Where } from './names.ts'

/** How long a twin's machine may stay invisible, and one that ends may hold its name. */
const bounds = { looks: 12, spacing: 1_000, endings: 90 } as const

/** What has the name. `nothing`: not even the group is there. */
export type Found = Instance | 'no machine' | 'nothing'

export async function findMachine(creation: Creation, where: Where): Promise<Found> {
  const { sightings } = creation
  try {
    return await sightings.look(where, callFor(creation))
  } catch (error) {
    if (!isGone(error)) throw error
    return isGroupGone(error) ? 'nothing' : 'no machine'
  }
}

/**
 * What stands behind a name that is taken: the living machine of a twin, which is taken over; or what an earlier try of this launch has left, which makes room.
 * Never what only has the name.
 */
export async function adopt(creation: Creation, where: Where, first: Found): Promise<Owned | 'spent'> {
  const { context, order } = creation
  let found = first
  for (let looks = 1; ; looks++) {
    if (typeof found === 'object') break
    if (looks >= bounds.looks) throw invisible(creation, where)
    await context.clock.sleep(bounds.spacing, creation.signal)
    found = await findMachine(creation, where)
  }
  if (!isOurs(found, wishOf(order.lease))) throw foreign(creation, where)
  if (isAlive(found) && found.ended === undefined) {
    context.log.info(`An earlier try of this very launch has made ${found.id}: taking it over.`)
    return found
  }
  return makeRoom(creation, where, found)
}

/** What is left goes. A group of its own is not waited for: the next try has another one. */
async function makeRoom(creation: Creation, where: Where, machine: Owned): Promise<'spent'> {
  const { context, sightings, signal } = creation
  context.log.info(`An earlier try of this very launch has left ${machine.id}: removing it.`)
  await sightings.destroy(machine, signal)
  if (isAlone(where)) return 'spent'
  for (let looks = 0; looks < bounds.endings; looks++) {
    if (typeof (await findMachine(creation, where)) === 'string') return 'spent'
    await context.clock.sleep(bounds.spacing, signal)
  }
  throw new Failure('unavailable', {
    tried: `remove ${machine.id} of an earlier try of this launch`,
    said: `it was still there after ${(bounds.endings * bounds.spacing) / 1000} s`,
    fix: 'try again.',
  })
}

function invisible(creation: Creation, where: Where): Failure {
  return new Failure('unavailable', {
    tried: callFor(creation).tried,
    said: `Azure says that there is a machine ${idOf(where)} already, and does not show it`,
    fix: 'try again.',
  })
}

function foreign(creation: Creation, where: Where): Failure {
  return new Failure('conflict', {
    tried: callFor(creation).tried,
    said: `there is a machine ${idOf(where)}, and it does not say that it is of this launch`,
    fix: `look who has made it, and remove it: az vm show --resource-group ${where.group} --name ${where.name}`,
  })
}
