import { Failure } from '../../model/failure.ts'
import { isAlive, type Instance } from '../../model/instance.ts'
import { isOurs, oursOf, wishOf, type Owned } from '../../model/ownership.ts'
import type { Creation } from './creation.ts'
import { isNotFound } from './failures.ts'
import { idOf, nameOfMachine } from './names.ts'

/** How long a twin's machine may stay invisible, and one that ends may hold its name. */
const bounds = { looks: 12, spacing: 1_000, endings: 90 } as const

/** The living machine of this very launch in the candidate's region, whoever has made it. */
export async function findLiving({
  order,
  candidate,
  sightings,
  signal,
}: Creation): Promise<Owned | undefined> {
  const { identity } = order.lease
  const { machines, unreadable } = await sightings.find({ identity }, [candidate.region], signal)
  // What is not seen may be there, and a second one would be made.
  if (unreadable[0]) throw unreadable[0].failure
  return oursOf(machines, wishOf(order.lease)).find(isLiving)
}

function isLiving(machine: Instance): boolean {
  return isAlive(machine) && machine.ended === undefined
}

/**
 * What stands behind a name that is taken: the living machine of a twin, which is taken over; or what an earlier try of this launch has left, which makes room.
 * Never what only has the name. Throws `taken` where nothing of ours shows.
 */
export async function adopt(
  creation: Creation,
  zone: string | undefined,
  taken: unknown,
): Promise<Owned | 'spent'> {
  const { context } = creation
  for (let looks = 1; ; looks++) {
    const machine = zone === undefined ? await findLiving(creation) : await lookAt(creation, zone)
    if (machine === 'foreign') throw foreign(creation, zone)
    if (machine && isLiving(machine)) {
      context.log.info(`An earlier try of this very launch has made ${machine.id}: taking it over.`)
      return machine
    }
    if (machine) return makeRoom(creation, machine)
    if (looks >= bounds.looks) throw taken
    await context.clock.sleep(bounds.spacing, creation.signal)
  }
}

async function lookAt(creation: Creation, zone: string): Promise<Owned | 'foreign' | undefined> {
  const { order, sightings, signal } = creation
  const where = { zone, name: nameOfMachine(order.lease) }
  try {
    const machine = await sightings.look(where, { tried: `look at ${idOf(where)}`, signal })
    if (machine === undefined) return undefined
    return isOurs(machine, wishOf(order.lease)) ? machine : 'foreign'
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** Ends what is left of an earlier try and waits until its name is free. */
async function makeRoom(creation: Creation, machine: Owned): Promise<'spent'> {
  const { context, sightings, signal } = creation
  context.log.info(`An earlier try of this very launch has left ${machine.id}: removing it.`)
  await sightings.destroy(machine, signal)
  for (let looks = 0; looks < bounds.endings; looks++) {
    const left = await lookAt(creation, machine.zone ?? '')
    if (left === undefined) return 'spent'
    await context.clock.sleep(bounds.spacing, signal)
  }
  throw new Failure('unavailable', {
    tried: `remove ${machine.id} of an earlier try of this launch`,
    said: `it was still there after ${(bounds.endings * bounds.spacing) / 1000} s`,
    fix: 'try again.',
  })
}

function foreign({ order }: Creation, zone: string | undefined): Failure {
  const id = idOf({ zone: zone ?? '', name: nameOfMachine(order.lease) })
  return new Failure('conflict', {
    tried: `launch ${id}`,
    said: 'there is a machine of that name, and it does not say that it is of this launch',
    fix: `look who has made it, and remove it: gcloud compute instances describe ${id.split('/')[1] ?? ''} --zone ${zone ?? ''}`,
  })
}
