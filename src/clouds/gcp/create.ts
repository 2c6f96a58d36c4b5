import { Failure } from '../../model/failure.ts'
import { renderCandidate } from '../../model/instance.ts'
import { sealed } from '../../model/lease.ts'
import type { Owned } from '../../model/ownership.ts'
import { checkPayload } from '../findings.ts'
import type { GcpCandidate } from './candidate.ts'
import type { Operation } from './compute.ts'
import type { Creation } from './creation.ts'
import { adopt, findLiving } from './adopt.ts'
import { explainOperation, isNotFound, zonesWithRoom } from './failures.ts'
import { bulkOrderOf, instanceOf } from './insert-request.ts'
import { again, subjectOf } from './memory.ts'
import { idOf, nameOfMachine, requestIdOf } from './names.ts'
import { awaitDone, type Scope } from './operations.ts'
import { regionOf } from './regions.ts'
import { limits } from './limits.ts'

/** How often one launch may make its machine anew on one candidate. */
const mostGenerations = 4

/** One machine by one creating call, unless zones are tried one after the other. Places known to be empty are refused without asking. */
export async function create(creation: Creation): Promise<Owned> {
  const { candidate, order } = creation
  checkPayload(order, limits.payloadBytes)
  creation.signal?.throwIfAborted()
  const { choice } = candidate
  if (choice.how === 'zone') return createIn(creation, choice.zone)
  return choice.how === 'any' ? createIn(creation, undefined) : createInOneOf(creation, choice.zones)
}

/** The zones of a region, those first that are said to have room. What is about one zone leads to the next; the last refusal is told with the others. */
async function createInOneOf(creation: Creation, zones: readonly string[]): Promise<Owned> {
  const { refusals } = creation
  const failures: Failure[] = []
  for (let left = refusals.inOrder(zones); left.length > 0; left = refusals.inOrder(left.slice(1))) {
    const zone = left[0]!
    try {
      return await createIn(creation, zone)
    } catch (error) {
      if (!(error instanceof Failure) || !isAboutZone(error)) throw error
      failures.push(error)
    }
  }
  const last = failures.at(-1)!
  const others = failures
    .slice(0, -1)
    .map(({ explanation }) => `Before that: ${explanation.said ?? explanation.code ?? ''}`)
  throw new Failure(last.kind, {
    ...last.explanation,
    details: [...(last.explanation.details ?? []), ...others],
  })
}

function isAboutZone({ kind }: Failure): boolean {
  return kind === 'capacity-unavailable' || kind === 'failed-precondition' || kind === 'unknown'
}

/** `zone` undefined: the API chooses one of the region. */
async function createIn(creation: Creation, zone: string | undefined): Promise<Owned> {
  const { candidate, refusals } = creation
  const subject = subjectOf(candidate, zone)
  const known = refusals.known(subject)
  if (known) throw again(candidate, known)
  try {
    return await createGeneration(creation, zone, 1)
  } catch (error) {
    if (error instanceof Failure) refusals.note(subject, error)
    throw error
  }
}

/**
 * An order that was carried out before and whose machine has ended is given anew. One whose name is taken is a twin's, or an earlier try's: it leads to
 * that machine, or makes room for its own.
 */
async function createGeneration(
  creation: Creation,
  zone: string | undefined,
  generation: number,
): Promise<Owned> {
  const twin = zone === undefined ? await findLiving(creation) : undefined
  if (twin) return twin
  const made = await order(creation, zone, generation)
  if (made !== 'spent') return made
  if (generation < mostGenerations) return createGeneration(creation, zone, generation + 1)
  throw new Failure('conflict', {
    tried: `launch ${renderCandidate(creation.candidate)}`,
    said: `the machines of ${mostGenerations} earlier tries of this very launch have ended`,
    code: 'alreadyExists',
    fix: 'start a new run instead of repeating this one.',
  })
}

/** `spent`: no machine stands behind the order, and another one may be given. */
async function order(
  creation: Creation,
  zone: string | undefined,
  generation: number,
): Promise<Owned | 'spent'> {
  const { compute, context, signal, candidate } = creation
  const tried = `launch ${renderCandidate(candidate)}`
  const scope: Scope = zone === undefined ? { region: candidate.region } : { zone }
  let started: Operation
  try {
    started = await send(creation, zone, generation)
  } catch (error) {
    if (!isTaken(error)) throw error
    return adopt(creation, zone, error)
  }
  const done = await awaitDone(compute, started, scope, { tried, signal, clock: context.clock })
  const problems = done.error?.errors ?? []
  if (problems.length > 0) {
    creation.refusals.noteRoom(zonesWithRoom(problems))
    const project = await compute.project()
    const failure = explainOperation(problems, { tried, project })
    if (isTaken(failure)) return adopt(creation, zone, failure)
    await takeBack(creation, zone)
    throw failure
  }
  // An order that had been carried out before this process gave it.
  const old = started.status === 'DONE'
  return seen(creation, zone ?? zoneOf(done), { old, number: String(done.targetId ?? '') })
}

function send(creation: Creation, zone: string | undefined, generation: number): Promise<Operation> {
  const { compute, candidate, order, signal } = creation
  const { identity, nonce } = order.lease
  const { region, type, market, subnet = '' } = candidate
  const requestId = requestIdOf([identity, nonce, zone ?? region, type, market, subnet, String(generation)])
  const call = { tried: `launch ${renderCandidate(candidate)}`, signal }
  return zone === undefined
    ? compute.bulkInsert(region, requestId, bulkOrderOf(candidate, order), call)
    : compute.insert(zone, requestId, instanceOf(candidate, order, zone), call)
}

/** The name is somebody's already: said at once, or by the operation. */
function isTaken(error: unknown): boolean {
  return (
    error instanceof Failure && /^(alreadyExists|RESOURCE_ALREADY_EXISTS)$/.test(error.explanation.code ?? '')
  )
}

/** Where the API has put it. */
function zoneOf({ instancesBulkInsertOperationMetadata }: Operation): string | undefined {
  const places = Object.entries(instancesBulkInsertOperationMetadata?.perLocationStatus ?? {})
  return places
    .find(([, { createdVmCount }]) => (createdVmCount ?? 0) > 0)?.[0]
    .split('/')
    .at(-1)
}

/** The machine behind an order that was carried out; one that does not show yet is told as it was ordered. */
async function seen(
  creation: Creation,
  zone: string | undefined,
  { old, number }: { readonly old: boolean; readonly number: string },
): Promise<Owned | 'spent'> {
  const { candidate, order, context, sightings, signal } = creation
  if (zone === undefined) {
    const found = await findLiving(creation)
    return found ?? (old ? 'spent' : lost(candidate))
  }
  const where = { zone, name: nameOfMachine(order.lease) }
  const call = { tried: `look at ${idOf(where)}`, signal, attempts: 3 }
  const machine = await sightings.look(where, call).catch((error: unknown) => {
    if (isNotFound(error) || (error instanceof Failure && error.kind === 'unavailable')) return undefined
    throw error
  })
  if (machine?.lease) return machine as Owned
  if (old && !machine) return 'spent'
  const made: Owned = {
    cloud: 'gcp',
    id: idOf(where),
    region: regionOf(zone),
    zone,
    type: candidate.type,
    market: candidate.market,
    state: 'pending',
    launchedAt: Math.floor(context.clock.now() / 1000),
    lease: sealed(order.lease),
  }
  sightings.note(made, number)
  return made
}

/** It was made, and nobody says where: whoever removes this launch finds it. */
function lost(candidate: GcpCandidate): never {
  throw new Failure('unavailable', {
    tried: `launch ${renderCandidate(candidate)}`,
    said: 'Compute Engine says that it has made the machine, and does not show it',
    fix: 'try again; what was made is removed by its labels.',
  })
}

/** What a failed operation has left: nothing, mostly. It goes before another candidate is tried. */
async function takeBack(creation: Creation, zone: string | undefined): Promise<void> {
  const { compute, order, sightings, signal } = creation
  if (zone === undefined) {
    const living = await findLiving(creation)
    if (living) await sightings.destroy(living, signal)
    return
  }
  const where = { zone, name: nameOfMachine(order.lease) }
  const call = { tried: `look for what is left of ${idOf(where)}`, signal }
  try {
    await compute.get(where, call)
  } catch (error) {
    if (isNotFound(error)) return
    throw error
  }
  await sightings.destroy({ cloud: 'gcp', region: regionOf(zone), id: idOf(where) }, signal)
}
