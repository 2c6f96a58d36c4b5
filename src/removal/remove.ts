import { withEnd } from '../lib/deadline.ts'
import { Failure } from '../model/failure.ts'
import type { Instance } from '../model/instance.ts'
import { claims, goesWith } from '../model/ownership.ts'
import { machineKey } from '../model/place.ts'
import type { Runner } from '../model/runner.ts'
import { leftBehind, noAnswer, problemOf, settled, type Round } from './left-behind.ts'
import type { Ports } from '../ports.ts'
import type { RemovalTarget } from './removal-target.ts'
import { lookForMachines, wishOf } from './sight.ts'
import { Twins } from './spare.ts'

export interface RemovalPace {
  /** Milliseconds after which what is left is reported instead of looked for. */
  readonly within: number
  /** Looks in a row that must find nothing: listings lag behind what was just created. */
  readonly quietLooks: number
  /** Milliseconds between looks. */
  readonly spacing: number
}

/** Where a post step follows or a launch failed: patient, since nobody waits for it. */
export const patientPace: RemovalPace = { within: 180_000, quietLooks: 3, spacing: 2_500 }

/**
 * Where a process died without having heard of the machine that it may have ordered: the order may have been carried out at that very moment,
 * and be missing from listings for as long as a twin is waited for.
 */
export const doubtfulPace: RemovalPace = { ...patientPace, quietLooks: 6 }

/** Where the other side has said that nothing was made, or a patient removal has looked already: one look is enough. */
export const surePace: RemovalPace = { ...patientPace, quietLooks: 1 }

/** ms. What does not answer is asked again in the next round, so that it does not hold up the rest. */
const roundTime = 8_000

/** What was taken away, for the log and the summary. */
export interface Removal {
  readonly instances: readonly string[]
  readonly runners: readonly string[]
  /** The forge refuses to forget a runner while it believes that a job runs there; the next launch's prune takes it. */
  readonly busyRunners: readonly string[]
  /** Machines of another try of the same launch that were left to it. */
  readonly spared: readonly string[]
}

/**
 * The only way anything is taken away: list what carries the identity at the cloud and at the forge, delete what is the target's, look again
 * until several looks in a row find nothing. Absent things are success. One failing resource does not stop the others.
 * Throws `deadline-exceeded` naming what is left and the command that removes it.
 */
export async function remove(
  target: RemovalTarget,
  ports: Ports,
  pace: RemovalPace,
  signal?: AbortSignal,
): Promise<Removal> {
  const until = ports.clock.now() + pace.within
  const done = nothingYet(target, ports)
  for (let quiet = 0, refused = 0, soon = pace.quietLooks === 1; ; soon = false) {
    const round = await removeOnce(
      target,
      ports,
      done,
      withEnd(signal, Math.min(until, ports.clock.now() + roundTime)),
    )
    const { problems, unregistered = false } = round
    const seen = round.seen || unregistered
    quiet = seen || problems.length > 0 ? 0 : quiet + 1
    if (quiet >= pace.quietLooks) break
    // Who says no for good is not asked until the time is over, but more than once: rights take some seconds to spread.
    const hopeless = problems.every(({ final, again = 0 }) => final || again > until)
    refused = !seen && problems.length > 0 && hopeless ? refused + 1 : 0
    // Where nothing else was made, the forge's word is good, and only a second entry of the name could be left: no list need catch up.
    const spacing = soon && unregistered && !round.seen ? 0 : pace.spacing
    const late = ports.clock.now() + spacing > until
    if (late || refused >= pace.quietLooks) throw leftBehind(target, round, ports)
    await ports.clock.sleep(spacing, signal)
  }
  return {
    instances: [...done.instances],
    runners: [...done.runners],
    busyRunners: [...done.busyRunners],
    spared: [...done.twins.spared],
  }
}

/**
 * The same where the process will be killed soon: ends within `within` ms also when a vendor does not answer at all. The orders to
 * end machines go out first.
 */
export async function removeInHurry(
  target: RemovalTarget,
  ports: Ports,
  quietLooks: number,
  within = 7_000,
): Promise<Removal> {
  const over = new AbortController()
  const end = ports.clock.sleep(within, over.signal).then(() => {
    throw leftBehind(target, { left: target.known ?? [], seen: true, problems: [noAnswer] }, ports)
  })
  const pace = { within: within - 500, quietLooks, spacing: 1_000 }
  try {
    return await Promise.race([remove(target, ports, pace, over.signal), end])
  } finally {
    over.abort(new Failure('cancelled', { tried: 'go on removing' }))
    end.catch(() => undefined)
  }
}

interface Done {
  readonly instances: Set<string>
  readonly runners: Set<string>
  readonly busyRunners: Set<string>
  /** Keys of machines that were known by id, and that the cloud has since shown to end. */
  readonly ended: Set<string>
  readonly twins: Twins
}

function nothingYet(target: RemovalTarget, ports: Ports): Done {
  const twins = new Twins(target, ports)
  return { instances: new Set(), runners: new Set(), busyRunners: new Set(), ended: new Set(), twins }
}

/**
 * One look at both sides at once; the orders to end machines go out before anything else is asked. A try that undoes itself alone looks at
 * the forge last: which registrations are its own, the machines tell.
 */
async function removeOnce(
  target: RemovalTarget,
  ports: Ports,
  done: Done,
  signal?: AbortSignal,
): Promise<Round> {
  const removingInstances = removeInstances(target, ports, done, signal)
  const [machines, registration] = await Promise.all([
    removingInstances,
    (target.own ? removingInstances : Promise.resolve()).then(() =>
      removeRegistration(target, ports, done, signal),
    ),
  ])
  return {
    left: machines.left,
    seen: machines.seen || registration.seen,
    ...(registration.unregistered ? { unregistered: true } : {}),
    problems: [...machines.problems, ...registration.problems],
  }
}

async function removeInstances(
  target: RemovalTarget,
  ports: Ports,
  done: Done,
  signal?: AbortSignal,
): Promise<Round> {
  const { clouds, host } = ports
  const { known = [] } = target
  const [ends, sight] = await Promise.all([
    Promise.all(known.map((machine) => endKnown(machine, ports, done, signal))),
    lookForMachines(target, ports, signal),
  ])
  const problems = [...ends.flatMap((end) => end.problems), ...sight.problems]
  const there = sight.found.filter((one) => !known.some((machine) => machineKey(machine) === machineKey(one)))
  const sifted = await settled(done.twins.sift(there, signal))
  if ('problem' in sifted) problems.push(sifted.problem)
  const living = 'value' in sifted ? sifted.value : []
  const left: Instance[] = ends.flatMap((end) => end.left)
  let ordered = 0
  const orders = await Promise.all(
    living.map((instance) => settled(clouds.of(instance).destroy(instance, signal))),
  )
  orders.forEach((order, index) => {
    const instance = living[index]!
    if ('problem' in order) {
      problems.push(order.problem)
      return left.push(instance)
    }
    ordered++
    if (!done.instances.has(instance.id))
      host.log.info(`Removing ${instance.type} ${instance.id} in ${instance.zone ?? instance.region}.`)
    done.instances.add(instance.id)
  })
  return { left, seen: ordered > 0 || ends.some((end) => end.seen), problems }
}

/** A machine known by its id is ended before it can be seen, and counts as gone only once it was seen to end. */
async function endKnown(
  known: Instance,
  { clouds, host }: Ports,
  done: Done,
  signal?: AbortSignal,
): Promise<Round> {
  if (done.ended.has(machineKey(known))) return { left: [], seen: false, problems: [] }
  const cloud = clouds.of(known)
  const order = await settled(cloud.destroy(known, signal))
  if ('problem' in order) return { left: [known], seen: false, problems: [order.problem] }
  if (!done.instances.has(known.id)) host.log.info(`Removing ${known.id} in ${known.region}.`)
  done.instances.add(known.id)
  const look = await settled(cloud.look(known, signal))
  if ('problem' in look) return { left: [known], seen: false, problems: [look.problem] }
  const over = look.value?.state === 'ending' || look.value?.state === 'gone'
  if (over) done.ended.add(machineKey(known))
  return { left: over ? [] : [known], seen: !over, problems: [] }
}

async function removeRegistration(
  target: RemovalTarget,
  ports: Ports,
  done: Done,
  signal?: AbortSignal,
): Promise<Round> {
  const { forge, host } = ports
  if (target.keepsRegistration) return { left: [], seen: false, problems: [] }
  try {
    const isMeant = (seen: Runner): boolean => goes(seen, target, ports) && done.twins.mayUnregister(seen)
    const runner = await forge.findRunner(target.runnerName, signal, isMeant)
    if (!runner || done.busyRunners.has(runner.name)) return { left: [], seen: false, problems: [] }
    const answer = await forge.unregister(runner, signal)
    if (answer === 'busy') {
      done.busyRunners.add(runner.name)
      host.log.warn(
        `${forge.name} still believes that runner ${runner.name} is busy and keeps its entry for now; a later launch removes it.`,
      )
    } else {
      done.runners.add(runner.name)
      host.log.info(`Removed the registration of runner ${runner.name}.`)
      return { left: [], seen: false, unregistered: true, problems: [] }
    }
    return { left: [], seen: true, problems: [] }
  } catch (error) {
    return { left: [], seen: false, problems: [problemOf(error)] }
  }
}

function goes(runner: Runner, target: RemovalTarget, ports: Ports): boolean {
  const { registrationOf } = target
  return registrationOf === undefined
    ? claims(runner, wishOf(target, ports))
    : registrationOf.some((machine) => goesWith(runner, machine, ports.clouds.open))
}
