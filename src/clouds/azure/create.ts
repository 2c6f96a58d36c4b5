import { Failure, isAboutCredentials, movesOn } from '../../model/failure.ts'
import { renderCandidate } from '../../model/instance.ts'
import { sealed } from '../../model/lease.ts'
import type { Owned } from '../../model/ownership.ts'
import { checkPayload } from '../findings.ts'
import { adopt, findMachine } from './adopt.ts'
import { machinePath, versions, type Answer, type ArmMachine } from './arm.ts'
import { callFor, placeFor, type Creation } from './creation.ts'
import { again, subjectOf } from './memory.ts'
import { idOf, isAlone, type Where } from './names.ts'
import { operationOf } from './operations.ts'
import { ownGroup } from './own-group.ts'
import { orderEnd } from './timer.ts'
import { ArmRefusal } from './vendor-error.ts'
import { machineRequest } from './vm-request.ts'
import { limits } from './limits.ts'

/** How often one launch may make its machine anew on one candidate. */
const mostGenerations = 4

/**
 * One machine with all its parts by one creating call, in a group that is there, or in one that is made for it together with a network. Nothing leans on a header that Azure may not
 * heed: who already has the name is looked at first. Places known to be empty are refused without asking.
 */
export async function create(creation: Creation): Promise<Owned> {
  const { candidate, order, refusals, signal } = creation
  checkPayload(order, limits.payloadBytes)
  signal?.throwIfAborted()
  const subject = subjectOf(candidate)
  const known = refusals.known(subject)
  if (known) throw again(candidate, known)
  try {
    return await createGeneration(creation, 1)
  } catch (error) {
    if (error instanceof Failure) refusals.note(subject, error)
    throw error
  }
}

/** Where an earlier try has left its end, another place is taken. */
async function createGeneration(creation: Creation, generation: number): Promise<Owned> {
  const made = await createAt(creation, placeFor(creation, generation))
  if (made !== 'spent') return made
  if (generation < mostGenerations) return createGeneration(creation, generation + 1)
  throw new Failure('conflict', {
    tried: `launch ${renderCandidate(creation.candidate)}`,
    said: `the machines of ${mostGenerations} earlier tries of this very launch are still being removed`,
    fix: 'start a new run instead of repeating this one.',
  })
}

async function createAt(creation: Creation, where: Where): Promise<Owned | 'spent'> {
  const found = await findMachine(creation, where)
  if (typeof found === 'object') return adopt(creation, where, found)
  try {
    const subnet = creation.candidate.subnet ?? (await ownGroup(creation, where, found === 'no machine'))
    if (subnet === undefined) return 'spent'
    return await order(creation, where, subnet)
  } catch (error) {
    if (!movesOn(error)) throw error
    const mayStay = await takeBack(creation, where)
    throw mayStay || !isUnmade(error) ? error : leavingNothing(error)
  }
}

/** Its order, and no other of the creation, was refused at once: no operation has begun that could still make something. */
function isUnmade({ cause }: Failure): boolean {
  return cause instanceof ArmRefusal && cause.unmade
}

/** The same refusal, of which the vendor has said that it has left nothing. */
function leavingNothing({ kind, explanation, cause }: Failure): Failure {
  return new Failure(kind, { ...explanation, nothingLeft: true }, { cause })
}

async function order(creation: Creation, where: Where, subnet: string): Promise<Owned | 'spent'> {
  const { arm, candidate } = creation
  const call = callFor(creation)
  const body = machineRequest(candidate, creation.order, subnet)
  const path = `${machinePath(await arm.subscription(), where)}?api-version=${versions.compute}`
  let sent: Answer
  try {
    sent = await arm.send({ method: 'PUT', path, body, headers: { 'if-none-match': '*' } }, call)
  } catch (error) {
    if (!isTaken(error)) throw error
    return adopt(creation, where, await findMachine(creation, where))
  }
  if (sent.status === 200 && sent.attempts === 1) return undo(creation, where)
  const own = made(creation, where, sent)
  return (await endLater(creation, where)) ? own : 'spent'
}

/**
 * The order has changed a twin's machine, which nobody had seen: it now says that it is ours, and executes what the twin has sent. Nobody can use it. Where
 * the order was sent before and its answer lost, the machine is the one that was asked for.
 */
async function undo(creation: Creation, where: Where): Promise<'spent'> {
  const { context, sightings, candidate, signal } = creation
  context.log.warn(`Another try of this very launch made ${idOf(where)} at the same moment: removing it.`)
  await sightings.destroy({ cloud: 'azure', region: candidate.region, id: idOf(where) }, signal)
  return 'spent'
}

/** Somebody has made it between our look and our order. */
function isTaken(error: unknown): boolean {
  return (
    error instanceof Failure &&
    /^(PreconditionFailed|PropertyChangeNotAllowed|HTTP 412)$/.test(error.explanation.code ?? '')
  )
}

/** A machine that nothing ends is not left. False where it was on its way out already: a twin removes what it has changed. */
async function endLater(creation: Creation, where: Where): Promise<boolean> {
  try {
    await orderEnd(creation, where)
    return true
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const leaving = !isAboutCredentials(error) && (await isLeaving(creation, where))
    await takeBack(creation, where)
    if (!leaving) throw error
    return false
  }
}

/** Gone, or about to be. One that could not be made is neither: another would fare no better. */
async function isLeaving(creation: Creation, where: Where): Promise<boolean> {
  const found = await findMachine(creation, where).catch(() => undefined)
  return typeof found === 'object' ? found.state === 'ending' : found !== undefined
}

function made({ candidate, order, context, sightings }: Creation, where: Where, sent: Answer): Owned {
  const { properties } = (sent.body ?? {}) as Partial<ArmMachine>
  const machine: Owned = {
    cloud: 'azure',
    id: idOf(where),
    region: candidate.region,
    ...(candidate.zone ? { zone: candidate.place ?? candidate.region } : {}),
    type: candidate.type,
    market: candidate.market,
    state: 'pending',
    launchedAt: Math.floor((Date.parse(properties?.timeCreated ?? '') || context.clock.now()) / 1000),
    lease: sealed(order.lease),
  }
  sightings.note(machine, operationOf(sent))
  return machine
}

/**
 * What a refusal has left goes before another candidate is tried. What cannot be removed now shows as what is left over. False where Azure says that there is
 * nothing.
 */
async function takeBack({ sightings, candidate, context, signal }: Creation, where: Where): Promise<boolean> {
  const { region } = candidate
  try {
    return await sightings.destroy({ cloud: 'azure', region, id: idOf(where) }, signal, { attempts: 3 })
  } catch (error) {
    signal?.throwIfAborted()
    context.log.debug(error instanceof Error ? error.message : String(error))
    context.log.warn(
      `What was made for ${isAlone(where) ? `group ${where.group}` : idOf(where)} could not be removed yet.`,
    )
    return true
  }
}
