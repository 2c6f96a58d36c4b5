import type { Outputs } from '../hosts/host.ts'
import { movesOn } from '../model/failure.ts'
import type { Owned } from '../model/ownership.ts'
import type { Ports } from '../ports.ts'
import { launchTime, limited } from '../removal/time-limit.ts'
import { leave } from '../removal/trail.ts'
import { Accounts } from './accounts.ts'
import { Attempts } from './attempts.ts'
import { awaitOwnRunner, type Launched } from './await-runner.ts'
import { freeName } from './free-name.ts'
import { handOver } from './hand-over.ts'
import type { Leg } from './leg.ts'
import { orderOn, type LaunchOrder } from './order.ts'
import { checkPayloads } from './payload.ts'
import { prepare, type Preparation } from './prepare.ts'
import { guessedEnough } from './refusals.ts'
import { Registrations } from './registrations.ts'
import { Story } from './story.ts'
import { attemptBesideTwins } from './twins.ts'

/**
 * register → create → await online → hand over. Whatever goes wrong after something may have been made, everything of this
 * identity is removed before the failure is thrown on; where a post step follows a cancel, that step removes it.
 */
export async function launch(order: LaunchOrder, ports: Ports): Promise<Outputs> {
  const { host } = ports
  const attempts = new Attempts(ports)
  const story = new Story(ports.clock)
  leave(host, { identity: order.lease.identity })
  const limit = limited(ports, launchTime(order.launchTimeout))
  const leg: Leg = {
    order,
    ports: limit.ports,
    accounts: new Accounts(limit.ports),
    attempts,
    registrations: new Registrations(order, attempts, limit.ports),
    story,
    deadline: story.began + order.launchTimeout * 1000,
  }
  // Handing over and undoing are not bound by the launch's time.
  const unlimited = { ...leg, ports }
  let made = false
  try {
    const preparation = await host.group('Looking for what can be launched, and what is there already', () =>
      prepare(order, limit.ports),
    )
    await checkPayloads(order, preparation.candidates, limit.ports)
    await freeName(order, preparation, limit.ports)
    story.note('resolved')
    made = true
    const { leftOut } = ports.clouds
    leave(host, { creating: true, ...(leftOut.length > 0 ? { leftOut } : {}) })
    return await handOver(await tryInTurn(preparation, leg), unlimited)
  } catch (failure) {
    const { giveUp } = await import('./undo.ts')
    await giveUp(failure, made, unlimited)
    throw failure
  } finally {
    limit.end()
  }
}

/** One candidate after the other, until the runner of one is online. */
async function tryInTurn({ twin, candidates }: Preparation, whole: Leg): Promise<Launched> {
  const { accounts, attempts, registrations, story, deadline, ports } = whole
  const taken = async (other: Owned): Promise<Launched> =>
    (await import('./take-over.ts')).takeOver(other, candidates, whole)
  if (twin) return taken(twin)
  // The likeliest: its jobs are told what it costs. Of another it is asked once there is one.
  if (candidates[0]) attempts.pricing.ask(candidates[0])
  for (const [index, one] of candidates.entries()) {
    if (attempts.isShut(one)) continue
    attempts.next = candidates.slice(index + 1)
    const candidate = await accounts.with(one)
    const leg = { ...whole, order: orderOn(whole.order, candidate) }
    const made = await attemptBesideTwins(candidate, leg)
    if (!made) story.note('refused')
    if (!made && guessedEnough(attempts.refusals)) break
    if (!made) continue
    if ('twin' in made) return taken(made.twin)
    attempts.created = made.own
    attempts.pricing.ask(candidate)
    leave(ports.host, { machine: made.own })
    story.note('created')
    const end = await awaitOwnRunner({ instance: made.own, candidate }, leg)
    if ('online' in end) return end
    const { MachineEnded } = await import('./wait-failures.ts')
    if (!(end.failure instanceof MachineEnded && movesOn(end.failure))) {
      const { yieldToTwin } = await import('./yield-to-twin.ts')
      const other = await yieldToTwin(leg)
      if (other) return taken(other)
      throw end.failure
    }
    await attempts.refused({ candidate, failure: end.failure }, ports)
    const { removeAttempt } = await import('./undo.ts')
    await removeAttempt(leg)
    story.note('removed')
    registrations.forget()
    attempts.created = undefined
    if (ports.clock.now() > deadline || guessedEnough(attempts.refusals)) break
  }
  throw (await import('./none-left.ts')).noneLeft(attempts.refusals, candidates.length, ports)
}
