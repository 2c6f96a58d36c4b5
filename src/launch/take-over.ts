import { Failure } from '../model/failure.ts'
import type { Candidate } from '../model/instance.ts'
import { isBelieved, isOfTry, isOurs, wishOf, type Owned } from '../model/ownership.ts'
import { leave } from '../removal/trail.ts'
import { awaitRunner, type Launched } from './await-runner.ts'
import type { Leg } from './leg.ts'
import type { LaunchOrder } from './order.ts'
import { neededLabels } from './payload.ts'
import { registeredByTwin } from './strange-runner.ts'
import type { Online } from './wait.ts'

/** Waits for the machine that another process has made for this very launch. */
export async function takeOver(
  instance: Owned,
  candidates: readonly Candidate[],
  leg: Leg,
): Promise<Launched> {
  const { order, accounts, attempts, ports } = leg
  if (!isOurs(instance, wishOf(order.lease))) throw notOurs(instance, order)
  attempts.adopt(instance)
  leave(ports.host, { adopted: true })
  ports.host.log.info(`Machine ${instance.id} of an earlier try of this step is there; taking it.`)
  const candidate = await accounts.with(candidateOf(instance, candidates))
  attempts.pricing.ask(candidate)
  const theirs = { ...order, lease: instance.lease }
  const launched = await awaitRunner({ instance, candidate }, { ...leg, order: theirs })
  const { online } = launched
  if (!isOfTry(online.runner, theirs.lease)) throw registeredByTwin(online)
  if (isBelieved(online.runner, theirs.lease, neededLabels(theirs, candidate))) return launched
  throw otherLaunch(online, leg)
}

function notOurs({ id }: Owned, { lease }: LaunchOrder): Failure {
  return new Failure('conflict', {
    tried: `take machine ${id} for runner ${lease.name}`,
    said: 'its tags say that it is of another launch',
    fix: 'look who may tag machines in this account.',
  })
}

/** Two launches of one step that differ only in their options have one identity; the first one's machine is not the second's to take or end. */
function otherLaunch({ runner }: Online, { attempts, ports: { host, forge } }: Leg): Failure {
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
