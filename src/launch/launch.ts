import type { Outputs } from '../hosts/host.ts'
import { Failure, movesOn } from '../model/failure.ts'
import type { Candidate } from '../model/instance.ts'
import { isBelieved, isOfTry, isOurs, sameTry, wishOf, type Owned } from '../model/ownership.ts'
import { awaitOnline } from './await-online.ts'
import { Concealment } from './concealment.ts'
import { Attempts, noteRefusal, Registrations, tryUnlessTwin } from './create.ts'
import { linksOf } from './links.ts'
import { withdraw, yieldToTwin } from './twins.ts'
import { outputsOf } from './outputs.ts'
import type { LaunchOrder } from './order.ts'
import type { Ports } from '../ports.ts'
import { describeCost } from './price.ts'
import { checkPayloads, neededLabels, shownLabels } from './payload.ts'
import { freeName, prepare, type Preparation } from './prepare.ts'
import { guessedEnough, noneLeft } from './refusals.ts'
import { patientPace, remove } from '../removal/remove.ts'
import { renderSummary, type Story } from './summary.ts'
import { launchTime, limited } from '../removal/time-limit.ts'
import { leave } from '../removal/trail.ts'
import { ownTarget, undo } from './undo.ts'
import type { Online } from './wait.ts'
import { MachineEnded } from './wait-failures.ts'

/**
 * register → create → await online → hand over. Whatever goes wrong after something may have been made, everything of this
 * identity is removed before the failure is thrown on; where a post step follows a cancel, that step removes it.
 */
export async function launch(order: LaunchOrder, ports: Ports): Promise<Outputs> {
  const { host, clock, signal } = ports
  const attempts = new Attempts(ports)
  const story: Story = { began: clock.now(), refusals: attempts.refusals, phases: [] }
  leave(host, { identity: order.lease.identity })
  const limit = limited(ports, launchTime(order.launchTimeout))
  let made = false
  try {
    const preparation = await host.group('Looking: what can be had, what is there already', () =>
      prepare(order, limit.ports),
    )
    await checkPayloads(order, preparation.candidates, limit.ports)
    await freeName(order, preparation, limit.ports)
    note(story, ports, 'resolved')
    made = true
    leave(host, { creating: true })
    const { online, candidate } = await createAndAwait(order, preparation, attempts, story, limit.ports)
    // A cancel that came while the runner went online: its job is over, and nobody will use the machine.
    signal.throwIfAborted()
    const price = await attempts.pricing.known()
    host.log.info(describeCost(price, online.instance, order))
    const outputs = outputsOf(order, { ...online, price }, candidate, ports)
    host.output(outputs)
    host.links(linksOf(online, ports))
    leave(host, { handedOver: true })
    await host.summary(
      renderSummary(order, story, { outputs, candidate, price, instance: online.instance }, ports),
    )
    return outputs
  } catch (failure) {
    if (made && !attempts.foreign) await undo(order, attempts, failure, ports)
    await host.summary(renderSummary(order, story, { failure }, ports))
    throw failure
  } finally {
    limit.end()
  }
}

interface Launched {
  readonly online: Online
  readonly candidate: Candidate
}

async function createAndAwait(
  order: LaunchOrder,
  { twin, candidates }: Preparation,
  attempts: Attempts,
  story: Story,
  ports: Ports,
): Promise<Launched> {
  const registrations = new Registrations(order, attempts, ports)
  const deadline = story.began + order.launchTimeout * 1000
  const adopt = (instance: Owned): Promise<Launched> =>
    takeOver(order, instance, candidates, attempts, deadline, story, ports)
  if (twin) return adopt(twin)
  for (const candidate of candidates) {
    const instance = await tryUnlessTwin(order, candidate, registrations, attempts, ports)
    if (!instance && guessedEnough(attempts.refusals)) break
    if (!instance) continue
    if (!sameTry(instance.lease, order.lease)) {
      await withdraw(order, ports)
      return adopt(instance)
    }
    attempts.created = instance
    attempts.pricing.ask(candidate)
    leave(ports.host, { machine: instance })
    note(story, ports, `created ${instance.id}`)
    const end = await awaitOwn(order, instance, candidate, deadline, story, ports)
    if ('online' in end) return end
    const target = ownTarget(order, attempts, ports)
    if (!(end.failure instanceof MachineEnded && movesOn(end.failure))) {
      const other = ports.signal.aborted ? undefined : await yieldToTwin(order, target, ports)
      if (other) return adopt(other)
      throw end.failure
    }
    noteRefusal({ candidate, failure: end.failure }, attempts, ports)
    await remove(target, ports, patientPace, ports.signal)
    registrations.forget()
    attempts.created = undefined
    if (ports.clock.now() > deadline || guessedEnough(attempts.refusals)) break
  }
  throw noneLeft(story.refusals, candidates.length)
}

/** The end of the wait for a machine of this very try. */
async function awaitOwn(
  order: LaunchOrder,
  instance: Owned,
  candidate: Candidate,
  deadline: number,
  story: Story,
  ports: Ports,
): Promise<Launched | { readonly failure: unknown }> {
  try {
    const online = await awaitMachine(order, instance, candidate, deadline, story, ports)
    if (!isOfTry(online.runner, order.lease)) return { failure: registeredByTwin(online) }
    const believed = isBelieved(online.runner, order.lease, neededLabels(order, candidate))
    return believed ? { online, candidate } : { failure: otherLabels(online, ports) }
  } catch (failure) {
    return { failure }
  }
}

function registeredByTwin({ runner, instance }: Online): Failure {
  return new Failure('conflict', {
    tried: `hand ${instance.id} over`,
    said: `runner ${runner.name} is on the machine of another try of this very launch, which can not be seen`,
    fix: 'start a launch once, or give each its own `name`.',
  })
}

function otherLabels({ runner, instance }: Online, { forge }: Ports): Failure {
  return new Failure('conflict', {
    tried: `hand ${instance.id} over`,
    said: `its runner ${runner.name} at ${forge.scope} has the labels ${runner.labels.join(', ')}, which are not all that was asked for`,
    why: 'Somebody has changed them, or an option of the machine did.',
    fix: 'start the launch again; see who may change the runners there.',
  })
}

function notOurs({ id }: Owned, { lease }: LaunchOrder): Failure {
  return new Failure('conflict', {
    tried: `take machine ${id} for runner ${lease.name}`,
    said: 'its tags say that it is of another launch',
    fix: 'look who may tag machines in this account.',
  })
}

/** Waits for the machine that another process has made for this very launch. */
async function takeOver(
  order: LaunchOrder,
  instance: Owned,
  candidates: readonly Candidate[],
  attempts: Attempts,
  deadline: number,
  story: Story,
  ports: Ports,
): Promise<Launched> {
  if (!isOurs(instance, wishOf(order.lease))) throw notOurs(instance, order)
  attempts.adopt(instance)
  leave(ports.host, { adopted: true })
  ports.host.log.info(`Machine ${instance.id} of an earlier try of this step is there; taking it.`)
  const candidate = candidateOf(instance, candidates)
  attempts.pricing.ask(candidate)
  const theirs = { ...order, lease: instance.lease }
  const online = await awaitMachine(theirs, instance, candidate, deadline, story, ports)
  if (!isOfTry(online.runner, theirs.lease)) throw registeredByTwin(online)
  if (isBelieved(online.runner, theirs.lease, neededLabels(theirs, candidate))) return { online, candidate }
  throw otherLaunch(online, attempts, ports)
}

function awaitMachine(
  order: LaunchOrder,
  instance: Owned,
  candidate: Candidate,
  deadline: number,
  story: Story,
  ports: Ports,
): Promise<Online> {
  const { lease } = order
  const concealment = new Concealment(instance, ports)
  const wait = {
    instance,
    lease,
    places: ports.clouds.placesOf(order.request.regions),
    deadline,
    launchTimeout: order.launchTimeout,
    wayOut: candidate.wayOut,
    onMilestone: ({ milestone }: { milestone: string }) => {
      note(story, ports, milestone)
      if (milestone === 'registering') concealment.begin()
    },
  }
  return ports.host.group(
    `Waiting for runner ${lease.name}, labels ${shownLabels(order).join(', ')}`,
    async () => {
      const online = await awaitOnline(wait, ports, ports.signal)
      note(story, ports, 'online')
      await concealment.done()
      // What it says of itself was believed once: tags can be written while it boots.
      return { ...online, instance: { ...online.instance, lease } }
    },
  )
}

/** Two launches of one step that differ only in their options have one identity; the first one's machine is not the second's to take or end. */
function otherLaunch({ runner }: Online, attempts: Attempts, { host, forge }: Ports): Failure {
  attempts.foreign = true
  leave(host, { handedOver: true })
  return new Failure('conflict', {
    tried: 'take the machine of an earlier try of this step',
    said: `its runner ${runner.name} at ${forge.scope} has the labels ${runner.labels.join(', ')}, which are not all that was asked for`,
    why: 'Another launch of the same step, with other options, has made it.',
    fix: 'give each launch of a step its own `name`.',
  })
}

/** The candidate that made a machine found by its tags; near enough, on its own cloud, when the order has changed since. */
function candidateOf(instance: Owned, candidates: readonly Candidate[]): Candidate {
  const { cloud, region, type, market } = instance
  const there = candidates.filter((candidate) => candidate.cloud === cloud)
  const same = there.find(
    (candidate) => candidate.region === region && candidate.type === type && candidate.market === market,
  )
  return { ...(same ?? there[0] ?? candidates[0]!), cloud, region, type, market }
}

function note(story: Story, { clock }: Ports, what: string): void {
  ;(story.phases as { what: string; at: number }[]).push({ what, at: clock.now() })
}
