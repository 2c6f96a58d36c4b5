import type { Outputs } from '../hosts/host.ts'
import { Failure, movesOn } from '../model/failure.ts'
import type { Candidate, Instance } from '../model/instance.ts'
import { carries } from '../model/runner.ts'
import { awaitOnline, type Online } from './await-online.ts'
import {
  checkPayloadOf,
  labelsOf,
  noneLeft,
  noteRefusal,
  Registrations,
  tryCandidate,
  type Attempts,
} from './create.ts'
import { outputsOf } from './outputs.ts'
import { runnerNameOf, type LaunchOrder, type Ports, type RemovalTarget } from './order.ts'
import { freeName, prepare, type Preparation } from './prepare.ts'
import { patientPace, remove, removeInHurry, surePace } from './remove.ts'
import { renderSummary, type Story } from './summary.ts'

/** Names of what a launch leaves for its own post step. */
export const state = {
  identity: 'identity',
  creating: 'creating',
  removed: 'removed',
  instance: 'instance',
  handedOver: 'handed-over',
} as const

/**
 * register → create → await online → hand over. Whatever goes wrong after something may have been made, everything of this
 * identity is removed before the failure is thrown on; where a post step follows a cancel, that step removes it.
 */
export async function launch(order: LaunchOrder, ports: Ports): Promise<Outputs> {
  const { host, clock } = ports
  const attempts: Attempts = { refusals: [], mayExist: false }
  const story: Story = { began: clock.now(), refusals: attempts.refusals, phases: [] }
  const target = targetOf(order, ports)
  host.saveState(state.identity, order.lease.identity)
  const limit = timeLimit(order, ports)
  let made = false
  try {
    const preparation = await host.group('Looking: what can be had, what is there already', () =>
      prepare(order, limit.ports),
    )
    await checkPayloadOf(order, preparation.candidates[0]!, limit.ports)
    await freeName(order, preparation, limit.ports)
    note(story, ports, 'resolved')
    made = true
    host.saveState(state.creating, 'true')
    const { online, candidate } = await createAndAwait(order, preparation, attempts, story, limit.ports)
    // A cancel that came while the runner went online: its job is over, and nobody will use the machine.
    host.signal.throwIfAborted()
    const outputs = outputsOf(order, online, candidate, ports)
    host.output(outputs)
    host.saveState(state.handedOver, 'true')
    await host.summary(renderSummary(order, story, { outputs, candidate, instance: online.instance }, ports))
    return outputs
  } catch (failure) {
    const known = attempts.created
    if (made && !attempts.foreign)
      await undo({ ...target, ...(known ? { known } : {}) }, failure, attempts, ports)
    await host.summary(renderSummary(order, story, { failure }, ports))
    throw failure
  } finally {
    limit.end()
  }
}

/** Beyond `launch-timeout`: the wait for the runner has that very deadline, and tells more when it is over. */
const grace = 20_000

/** The same world with a signal that also aborts when the launch's time is over: no vendor's silence may outlast it. */
function timeLimit({ launchTimeout }: LaunchOrder, ports: Ports): { readonly ports: Ports; end(): void } {
  const [over, done] = [new AbortController(), new AbortController()]
  const failure = new Failure('deadline-exceeded', {
    tried: `launch a machine within ${launchTimeout} s`,
    said: `${ports.cloud.name} or ${ports.forge.name} did not answer until the time was over`,
    fix: 'look at the status pages of both, and try again; everything that was asked for is removed.',
  })
  ports.clock.sleep(launchTimeout * 1000 + grace, done.signal).then(
    () => over.abort(failure),
    () => undefined,
  )
  const signal = AbortSignal.any([ports.host.signal, over.signal])
  const host = Object.create(ports.host, { signal: { value: signal } }) as Ports['host']
  return { ports: { ...ports, host }, end: () => done.abort(failure) }
}

export function targetOf(order: LaunchOrder, { cloud }: Ports): RemovalTarget {
  const regions = cloud.regionsOf(order.request.regions)
  return { identity: order.lease.identity, runnerName: runnerNameOf(order), regions }
}

interface Launched {
  readonly online: Online
  readonly candidate: Candidate
}

async function createAndAwait(
  order: LaunchOrder,
  preparation: Preparation,
  attempts: Attempts,
  story: Story,
  ports: Ports,
): Promise<Launched> {
  const registrations = new Registrations(order, attempts, ports)
  const deadline = story.began + order.launchTimeout * 1000
  const { twin } = preparation
  if (twin) {
    attempts.mayExist = true
    ports.host.log.info(`Machine ${twin.id} of an earlier try of this step is there; taking it.`)
    const candidate = candidateOf(twin, preparation.candidates)
    const online = await awaitMachine(order, twin, candidate, deadline, story, ports)
    if (!carries(online.runner, order.labels)) throw otherLaunch(online, attempts, ports)
    return { online, candidate }
  }
  for (const candidate of preparation.candidates) {
    const instance = await tryCandidate(order, candidate, registrations, attempts, ports)
    if (!instance) continue
    attempts.created = instance
    ports.host.saveState(state.instance, JSON.stringify(instance))
    note(story, ports, `created ${instance.id}`)
    try {
      return { online: await awaitMachine(order, instance, candidate, deadline, story, ports), candidate }
    } catch (error) {
      if (!movesOn(error)) throw error
      noteRefusal({ candidate, failure: error }, attempts, ports)
      await remove({ ...targetOf(order, ports), known: instance }, ports, patientPace, ports.host.signal)
      registrations.forget()
      delete attempts.created
      if (ports.clock.now() > deadline) break
    }
  }
  throw noneLeft(story.refusals)
}

function awaitMachine(
  order: LaunchOrder,
  instance: Instance,
  candidate: Candidate,
  deadline: number,
  story: Story,
  ports: Ports,
): Promise<Online> {
  const { identity } = order.lease
  const wait = {
    instance,
    identity,
    deadline,
    runnerName: runnerNameOf(order),
    launchTimeout: order.launchTimeout,
    networkHint: ports.cloud.networkHint(candidate),
    onMilestone: ({ milestone }: { milestone: string }) => note(story, ports, milestone),
  }
  return ports.host.group(
    `Waiting for runner ${wait.runnerName}, labels ${labelsOf(order, candidate).join(', ')}`,
    async () => {
      const online = await awaitOnline(wait, ports, ports.host.signal)
      note(story, ports, 'online')
      return online
    },
  )
}

/** Two launches of one step that differ only in their options have one identity; the first one's machine is not the second's to take or end. */
function otherLaunch({ runner }: Online, attempts: Attempts, { host, forge }: Ports): Failure {
  attempts.foreign = true
  host.saveState(state.handedOver, 'true')
  return new Failure('conflict', {
    tried: 'take the machine of an earlier try of this step',
    said: `its runner ${runner.name} at ${forge.scope} has the labels ${runner.labels.join(', ')}, which are not all that was asked for`,
    why: 'Another launch of the same step, with other options, has made it.',
    fix: 'give each launch of a step its own `name`.',
  })
}

/** The candidate that made a machine found by its tags; near enough when the order has changed since. */
function candidateOf(instance: Instance, candidates: readonly Candidate[]): Candidate {
  const same = candidates.find(
    ({ region, type, market }) =>
      region === instance.region && type === instance.type && market === instance.market,
  )
  return {
    ...(same ?? candidates[0]!),
    region: instance.region,
    type: instance.type,
    market: instance.market,
  }
}

/** Removes what a failed launch made. A removal that fails too is told, and the first failure stays the one thrown. */
async function undo(
  target: RemovalTarget,
  failure: unknown,
  { mayExist }: Attempts,
  ports: Ports,
): Promise<void> {
  const { host } = ports
  if (host.signal.aborted && host.postFollows) return
  const first = failure instanceof Error ? failure.message.split('\n')[0] : String(failure)
  host.log.info(`The launch failed (${first}). Removing everything of it.`)
  try {
    await (host.signal.aborted && host.hurried
      ? removeInHurry(target, ports)
      : remove(target, ports, mayExist ? patientPace : surePace))
    host.saveState(state.removed, 'true')
    host.log.info('Nothing of this launch is left.')
  } catch (error) {
    host.log.error(error instanceof Error ? error.message : String(error))
  }
}

function note(story: Story, { clock }: Ports, what: string): void {
  ;(story.phases as { what: string; at: number }[]).push({ what, at: clock.now() })
}
