import type { Resolution } from '../clouds/cloud.ts'
import { anyOf } from '../lib/deadline.ts'
import { Failure, joinFailures } from '../model/failure.ts'
import type { Candidate, Instance } from '../model/instance.ts'
import { accountOf, claims, isManaged, launchOf, placesOf, wishOf, type Owned } from '../model/ownership.ts'
import type { Runner } from '../model/runner.ts'
import { isYoung, provenCorpses } from '../removal/corpses.ts'
import type { LaunchOrder } from './order.ts'
import type { Ports } from '../ports.ts'
import { findMachines, type Found } from '../removal/survey.ts'
import { awaitMachine, awaitTwin, livingOf } from './twins.ts'

export interface Preparation extends Resolution {
  /** A living machine of our own identity: an earlier try of this very launch. */
  readonly twin: Owned | undefined
  /** The registration that has our name now, if any. */
  readonly namesake: Runner | undefined
}

/** All reads of a launch side by side, before anything is made. Every failure found is reported in one message. */
export async function prepare(order: LaunchOrder, ports: Ports): Promise<Preparation> {
  const { clouds, forge, host, signal } = ports
  const places = clouds.placesOf(order.request.regions)
  const asking = clouds.open.map((cloud) => [cloud.name, cloud.account(signal)] as const)
  const reads = await settled(ports, (signal) => [
    clouds.resolve(order.request, signal),
    findMachines(wishOf(order.lease), places, ports, signal),
    forge.findRunner(order.lease.name, signal),
  ])
  const refused = reads.flatMap((read) =>
    read.status === 'rejected' && read.reason !== cutShort ? [read.reason as unknown] : [],
  )
  signal.throwIfAborted()
  if (refused.length > 0) throw failureOf(refused)
  const [resolution, twins, namesake] = reads.map(
    (read) => (read as PromiseFulfilledResult<unknown>).value,
  ) as [Resolution, Found, Runner | undefined]
  for (const warning of resolution.warnings) host.log.warn(warning)
  const accounts = new Map(
    await Promise.all(asking.map(async ([name, one]) => [name, await inPassing(one, ports)] as const)),
  )
  return {
    ...resolution,
    candidates: resolution.candidates.map((one) => ofAccount(one, accounts.get(one.cloud))),
    twin: livingOf(twins.ours) ?? (await unseenTwin(order, namesake, ports)),
    namesake,
  }
}

function ofAccount(candidate: Candidate, account: string | undefined): Candidate {
  return account === undefined ? candidate : { ...candidate, account }
}

/** ms that a launch may lose by it. */
const passing = 300

/** What is good to know and not worth a wait: it was asked beside everything else. */
async function inPassing(asking: Promise<string | undefined>, { clock }: Ports): Promise<string | undefined> {
  const done = new AbortController()
  const late = clock.sleep(passing, done.signal).catch(() => undefined)
  try {
    return await Promise.race([asking, late.then(() => undefined)])
  } finally {
    done.abort(cutShort)
  }
}

/** ms. Once one read has failed for good, the others have so long to tell what else is wrong, however patient they are. */
const othersHave = 5_000

const cutShort = new Failure('cancelled', { tried: 'wait for the other reads' })

async function settled(
  { clock, signal }: Ports,
  begin: (signal: AbortSignal) => readonly Promise<unknown>[],
): Promise<readonly PromiseSettledResult<unknown>[]> {
  const [cut, done] = [new AbortController(), new AbortController()]
  const hurry = async (): Promise<void> => {
    await clock.sleep(othersHave, done.signal)
    cut.abort(cutShort)
  }
  const reads = begin(anyOf(signal, cut.signal))
  for (const read of reads) read.catch(() => hurry().catch(() => undefined))
  const results = await Promise.allSettled(reads)
  done.abort(cutShort)
  return results
}

/**
 * A registration of our own identity has a machine, or is about to get one, unless whoever made it has died: listings may only lag behind. Where it
 * has connected and is offline, that was long ago.
 */
async function unseenTwin(
  order: LaunchOrder,
  namesake: Runner | undefined,
  ports: Ports,
): Promise<Owned | undefined> {
  if (!namesake || !claims(namesake, wishOf(order.lease))) return undefined
  if (!namesake.online && namesake.connected !== false) return undefined
  ports.host.log.info(`Runner ${namesake.name} is of an earlier try of this step: looking for its machine.`)
  return awaitTwin(order, ports)
}

/** A defect of ours among them is thrown as it is. */
function failureOf(reasons: readonly unknown[]): unknown {
  const failures = reasons.filter((reason) => reason instanceof Failure)
  return failures.length < reasons.length
    ? reasons.find((reason) => !(reason instanceof Failure))
    : joinFailures(failures)
}

/** Makes the runner's name free: an offline namesake is deleted; one that is online, or whose machine lives, is somebody's working runner. */
export async function freeName(
  order: LaunchOrder,
  { namesake, twin }: Preparation,
  ports: Ports,
): Promise<void> {
  if (!namesake) return
  const { forge, host, signal } = ports
  const ours = claims(namesake, wishOf(order.lease))
  if (ours && twin) return
  const reason = await reasonToKeep(namesake, ports, !ours)
  const tried = `take the runner name ${namesake.name}`
  if (reason !== undefined) {
    throw new Failure('already-exists', {
      tried,
      said: reason,
      why: 'Two runners of one name can not exist in one scope, and that one may be working.',
      fix: 'give another `name`, leave `name` out, or wait until the other runner has ended.',
    })
  }
  if ((await forge.unregister(namesake, signal)) === 'busy') {
    throw new Failure('conflict', {
      tried,
      said: `the offline runner of that name still counts as busy at ${forge.scope}`,
      why: `${forge.name} keeps a lost runner busy for 10 to 15 minutes after its machine vanished.`,
      fix: 'try again later, or give another `name`.',
    })
  }
  host.log.info(`Deleted the offline registration of runner ${namesake.name}.`)
}

/** Why a runner must keep its name. Its machine may work on a cloud that was not named here, where nobody can look for it. */
async function reasonToKeep(namesake: Runner, ports: Ports, patient: boolean): Promise<string | undefined> {
  const { clouds, forge } = ports
  if (isManaged(namesake) && placesOf(namesake, clouds.open).elsewhere)
    return `the runner of that name at ${forge.scope} has its machine on another cloud than ${clouds.names}, so that nobody can tell here whether it works`
  const accounts = await clouds.accounts(ports.signal)
  if (isManaged(namesake) && accountOf(namesake, accounts, clouds.open) === 'another')
    return `the runner of that name at ${forge.scope} has its machine in another account of ${clouds.names}, so that nobody can tell here whether it works`
  const machine = await machineOf(namesake, ports, patient)
  if (namesake.online)
    return machine || !(await hasEnded(namesake, ports))
      ? `a runner of that name is online at ${forge.scope}`
      : undefined
  return (
    machine && `the runner of that name is offline at ${forge.scope}, but its machine ${machine.id} lives`
  )
}

/**
 * The living machine of a runner of ours that the forge does not vouch for: forges have shown working runners offline, and without its
 * registration it would end. `patient`: one that was made in advance may be about to get its machine, or listings lag behind. In doubt, a
 * machine with damaged tags is the runner's.
 */
async function machineOf(runner: Runner, ports: Ports, patient: boolean): Promise<Instance | undefined> {
  const { clouds, forge, clock, signal } = ports
  const launch = launchOf(runner)
  const { places } = placesOf(runner, clouds.open)
  if (!launch || places.length === 0 || (runner.online && forge.noticesLoss)) return undefined
  const wish = { scope: forge.scope, name: runner.name, ...launch }
  const { ours, strangers } = await findMachines(wish, places, ports, signal)
  const machine = [...ours, ...strangers.filter(({ damage }) => damage)].find(
    ({ state }) => state === 'pending' || state === 'running',
  )
  const expected = patient && runner.connected === false && isYoung(runner, clock.now())
  return machine ?? (expected ? awaitMachine(wish, places, ports) : undefined)
}

/** Is the machine of an online runner gone all the same? Where the forge notices that, or the runner is not ours, it is not. */
async function hasEnded(runner: Runner, ports: Ports): Promise<boolean> {
  const { clouds, forge } = ports
  const placed = isManaged(runner) && placesOf(runner, clouds.open).places.length > 0
  return !forge.noticesLoss && placed && (await provenCorpses([runner], ports)).corpses.length > 0
}
