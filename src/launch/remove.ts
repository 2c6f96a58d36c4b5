import { Failure } from '../model/failure.ts'
import type { Instance } from '../model/instance.ts'
import { identityOfRunner } from '../model/runner.ts'
import type { Ports, RemovalTarget } from './order.ts'

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

/** Where the other side has said that nothing was made, or a patient removal has looked already: one look is enough. */
export const surePace: RemovalPace = { ...patientPace, quietLooks: 1 }

/** What was taken away, for the log and the summary. */
export interface Removal {
  readonly instances: readonly string[]
  readonly runners: readonly string[]
  /** The forge refuses to forget a runner while it believes that a job runs there; the next launch's prune takes it. */
  readonly busyRunners: readonly string[]
}

interface Round {
  /** Instances not yet ordered to end, after this round's orders. */
  readonly left: readonly Instance[]
  readonly seen: boolean
  readonly problems: readonly string[]
}

/**
 * The only way anything is taken away: list what carries the identity at the cloud and at the forge, delete it, look again
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
  const done: Done = { instances: new Set(), runners: new Set(), busyRunners: new Set(), ended: new Set() }
  for (let quiet = 0; ;) {
    const round = await removeOnce(target, ports, done, signal)
    quiet = round.seen || round.problems.length > 0 ? 0 : quiet + 1
    if (quiet >= pace.quietLooks) break
    if (ports.clock.now() + pace.spacing > until) throw leftBehind(target, round, ports)
    await ports.clock.sleep(pace.spacing, signal)
  }
  return { instances: [...done.instances], runners: [...done.runners], busyRunners: [...done.busyRunners] }
}

/**
 * The same where the process will be killed soon: ends within `within` ms also when a vendor does not answer at all. The orders to
 * end machines go out first.
 */
export async function removeInHurry(target: RemovalTarget, ports: Ports, within = 7_000): Promise<Removal> {
  const over = new AbortController()
  const end = ports.clock.sleep(within, over.signal).then(() => {
    throw leftBehind(
      target,
      {
        left: target.known ? [target.known] : [],
        seen: true,
        problems: ['no answer within the time that is left'],
      },
      ports,
    )
  })
  const pace = { within: within - 500, quietLooks: 2, spacing: 1_000 }
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
  /** Machines that were known by id, and that the cloud has since shown to end. */
  readonly ended: Set<string>
}

/** One look at both sides at once; the orders to end machines go out before anything else is asked. */
async function removeOnce(
  target: RemovalTarget,
  ports: Ports,
  done: Done,
  signal?: AbortSignal,
): Promise<Round> {
  const [machines, registration] = await Promise.all([
    removeInstances(target, ports, done, signal),
    removeRegistration(target, ports, done, signal),
  ])
  return {
    left: machines.left,
    seen: machines.seen || registration.seen,
    problems: [...machines.problems, ...registration.problems],
  }
}

async function removeInstances(
  target: RemovalTarget,
  ports: Ports,
  done: Done,
  signal?: AbortSignal,
): Promise<Round> {
  const { cloud, host } = ports
  const [known, ...looks] = await Promise.all([
    endKnown(target, ports, done, signal),
    ...target.regions.map((region) => settled(cloud.find(target.identity, [region], signal))),
  ])
  const problems = [...known.problems, ...looks.flatMap((look) => ('problem' in look ? [look.problem] : []))]
  const found = looks.flatMap((look) => ('value' in look ? look.value : []))
  const living = found.filter(
    ({ id, state }) => state !== 'ending' && state !== 'gone' && id !== target.known?.id,
  )
  const left: Instance[] = []
  const orders = await Promise.all(living.map((instance) => settled(cloud.destroy(instance, signal))))
  orders.forEach((order, index) => {
    const instance = living[index]!
    if ('problem' in order) {
      problems.push(order.problem)
      left.push(instance)
    } else if (!done.instances.has(instance.id)) {
      done.instances.add(instance.id)
      host.log.info(`Removing ${instance.type} ${instance.id} in ${instance.zone ?? instance.region}.`)
    }
  })
  return { left: [...known.left, ...left], seen: known.seen || living.length > 0, problems }
}

/** A machine known by its id is ended before it can be seen, and counts as gone only once it was seen to end. */
async function endKnown(
  { known }: RemovalTarget,
  { cloud, host }: Ports,
  done: Done,
  signal?: AbortSignal,
): Promise<Round> {
  if (!known || done.ended.has(known.id)) return { left: [], seen: false, problems: [] }
  const order = await settled(cloud.destroy(known, signal))
  if ('problem' in order) return { left: [known], seen: true, problems: [order.problem] }
  if (!done.instances.has(known.id)) host.log.info(`Removing ${known.id} in ${known.region}.`)
  done.instances.add(known.id)
  const look = await settled(cloud.look(known, signal))
  if ('problem' in look) return { left: [], seen: true, problems: [look.problem] }
  const over = look.value?.state === 'ending' || look.value?.state === 'gone'
  if (over) done.ended.add(known.id)
  return { left: [], seen: !over, problems: [] }
}

type Outcome<T> = { readonly value: T } | { readonly problem: string }

async function settled<T>(call: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await call }
  } catch (error) {
    return { problem: messageOf(error) }
  }
}

async function removeRegistration(
  target: RemovalTarget,
  { forge, host }: Ports,
  done: Done,
  signal?: AbortSignal,
): Promise<Round> {
  try {
    const runner = await forge.findRunner(target.runnerName, signal)
    const ours = runner && identityOfRunner(runner) === target.identity
    if (!ours || done.busyRunners.has(runner.name)) return { left: [], seen: false, problems: [] }
    const answer = await forge.unregister(runner, signal)
    if (answer === 'busy') {
      done.busyRunners.add(runner.name)
      host.log.warn(
        `${forge.name} still believes that runner ${runner.name} is busy and keeps its entry for now; a later launch removes it.`,
      )
    } else {
      done.runners.add(runner.name)
      host.log.info(`Removed the registration of runner ${runner.name}.`)
    }
    return { left: [], seen: true, problems: [] }
  } catch (error) {
    return { left: [], seen: true, problems: [messageOf(error)] }
  }
}

function leftBehind(target: RemovalTarget, round: Round, { cloud, forge }: Ports): Failure {
  return new Failure('deadline-exceeded', {
    tried: `remove everything of launch ${target.identity}`,
    said: round.problems[0] ?? `${round.left.length} still there`,
    why: 'The cloud or the forge refused or did not answer until the time for removal was over.',
    fix: `remove what is listed here by hand; the machine also ends by itself when its own time is over. Runners: ${forge.runnersPage}`,
    details: [
      ...round.problems.slice(1),
      ...(round.left.length > 0
        ? round.left.map(
            (instance) =>
              `Left: ${instance.id} in ${instance.region}. Remove it with: ${cloud.removalCommand(instance)}`,
          )
        : target.regions.map(
            (region) =>
              `Look in ${cloud.name} ${region} for machines with the tag cml-runner-identity=${target.identity}.`,
          )),
    ],
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
