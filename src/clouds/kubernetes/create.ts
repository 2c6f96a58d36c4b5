import { Failure, orFailure } from '../../model/failure.ts'
import { isAlive, renderCandidate } from '../../model/instance.ts'
import { isOurs, sameTry, wishOf, type Owned } from '../../model/ownership.ts'
import { readMounted } from '../../model/pod.ts'
import { checkPayload } from '../findings.ts'
import { adoptable } from './adopt.ts'
import type { Job, Where } from './cluster.ts'
import type { Creation } from './creation.ts'
import { isTaken } from './failures.ts'
import { jobOf, secretOf } from './job-request.ts'
import type { Found } from './machines.ts'
import { nameOfMachine } from './names.ts'
import { readMachine } from './read-job.ts'
import { awaitNode } from './await-node.ts'
import { limits } from './limits.ts'

/** How often one launch may make its machine anew in one namespace. */
const mostGenerations = 6

/** A Job, then what its pod waits for, and then a node that takes it. A refusal takes the Job back. */
export async function create(creation: Creation): Promise<Owned> {
  checkPayload(creation.order, limits.payloadBytes)
  creation.signal?.throwIfAborted()
  for (let generation = 1; generation <= mostGenerations; generation++) {
    const name = nameOfMachine(creation.order.lease, generation)
    const made = await makeOrAdopt(creation, { namespace: creation.candidate.region, name })
    if (made !== 'spent') return made
  }
  throw new Failure('conflict', {
    tried: `launch ${renderCandidate(creation.candidate)}`,
    said: `the machines of ${mostGenerations} earlier tries of this very launch have ended`,
    code: 'AlreadyExists',
    fix: 'start a new run instead of repeating this one.',
  })
}

/** `spent`: a machine of this name has ended, and the next name is to be tried. */
async function makeOrAdopt(creation: Creation, where: Where): Promise<Owned | 'spent'> {
  const { cluster, candidate, order, context, signal } = creation
  const mounted = readMounted(order.payload)
  const image = imageOf(mounted.image, candidate)
  const parts = {
    ...mounted,
    image,
    name: where.name,
    files: Object.keys(mounted.files),
    now: context.clock.now(),
  }
  const call = { tried: `launch ${renderCandidate(candidate)}`, signal }
  let job: Job
  try {
    job = await cluster.createJob(where.namespace, jobOf(candidate, order, parts), call)
  } catch (error) {
    if (!isTaken(error)) throw error
    return behindName(creation, where, error)
  }
  return complete(creation, where, job)
}

/** What was sent is for this very version: a digest of another one is left aside. */
function imageOf(sent: string, { runnerImage }: Creation['candidate']): string {
  return runnerImage?.startsWith(`${sent}@`) ? runnerImage : sent
}

/** What stands behind a name that is taken. Never what only has the name. */
async function behindName(creation: Creation, where: Where, taken: unknown): Promise<Owned | 'spent'> {
  const { machines, order, signal } = creation
  const found = await machines.find(where, { tried: `look at ${where.name}`, signal })
  if (!found) throw taken
  const { machine } = found
  if (!isOurs(machine, wishOf(order.lease))) throw foreign(where)
  if (machine.ended !== undefined || !isAlive(machine)) return 'spent'
  // Our own order, whose answer nobody heard.
  if (sameTry(machine.lease, order.lease)) return complete(creation, where, found.job, found)
  return adoptable(creation, where, found)
}

/** The second call, and the wait for a node. */
async function complete(creation: Creation, where: Where, job: Job, found?: Found): Promise<Owned> {
  const { cluster, candidate, order, machines, signal } = creation
  const call = { tried: `send ${where.name} its setup`, signal }
  const told = readMachine(job, found?.pods ?? []) as Owned
  const machine = { ...told, type: told.type || candidate.type }
  try {
    if (machine.state === 'pending')
      await cluster
        .createSecret(where.namespace, secretOf(order, job, readMounted(order.payload)), call)
        .catch((error: unknown) => {
          if (!isTaken(error)) throw error
        })
    machines.noteWhole(where)
    await awaitNode(creation, where, job)
    return machine
  } catch (error) {
    signal?.throwIfAborted()
    await takeBack(creation, machine)
    throw error
  }
}

/** The order is enough: nobody else need do anything for it. What cannot be ordered shows in the next listing, and its own deadline ends it. */
async function takeBack({ machines, context, signal }: Creation, machine: Owned): Promise<void> {
  const ordered = await orFailure(machines.destroy(machine, signal), signal)
  if (ordered instanceof Failure) context.log.debug(ordered.message)
}

function foreign({ namespace, name }: Where): Failure {
  return new Failure('conflict', {
    tried: `launch ${name} in ${namespace}`,
    said: 'there is a Job of that name, and it does not say that it is of this launch',
    fix: `look who has made it, and remove it: kubectl describe job ${name} --namespace ${namespace}`,
  })
}
