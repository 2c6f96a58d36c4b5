import type { MilestoneLine } from '../machine/boot-log.ts'
import type { Candidate } from '../model/instance.ts'
import { isBelieved, isOfTry, type Owned } from '../model/ownership.ts'
import { awaitOnline } from './await-online.ts'
import { Concealment } from './concealment.ts'
import type { Leg } from './leg.ts'
import { endingAsSaid, endingUnsaid, tellEnding } from './own-end.ts'
import { neededLabels, shownLabels } from './payload.ts'
import type { Online } from './wait.ts'

/** A machine that is there, and the candidate that it was made of. */
export interface Ordered {
  readonly instance: Owned
  readonly candidate: Candidate
}

/** The same once its runner is online, and believed. */
export interface Launched {
  readonly online: Online
  readonly candidate: Candidate
}

/** The end of the wait for a machine of this very try. */
export async function awaitOwnRunner(
  ordered: Ordered,
  leg: Leg,
): Promise<Launched | { readonly failure: unknown }> {
  const { order, ports } = leg
  const { candidate } = ordered
  try {
    const launched = await awaitRunner(ordered, leg)
    const { online } = launched
    if (!isOfTry(online.runner, order.lease)) return { failure: (await strange()).registeredByTwin(online) }
    const believed = isBelieved(online.runner, order.lease, neededLabels(order, candidate))
    return believed ? launched : { failure: (await strange()).otherLabels(online, ports) }
  } catch (failure) {
    return { failure }
  }
}

/** Waits for the runner of a machine that carries the order's lease. The candidate then ends as the machine itself has said. */
export async function awaitRunner({ instance, candidate }: Ordered, leg: Leg): Promise<Launched> {
  const { order, attempts, ports, story, deadline } = leg
  const { lease } = order
  const { gap } = candidate.ending
  if (gap !== undefined) ports.host.log.warn(gap)
  let ending = endingUnsaid(candidate.ending)
  const concealment = new Concealment(instance, ports)
  const wait = {
    instance,
    orderedAt: attempts.created && attempts.orderedAt,
    lease,
    places: ports.clouds.placesOf(order.request.regions),
    deadline,
    launchTimeout: order.launchTimeout,
    wayOut: candidate.wayOut,
    onMilestone: (line: MilestoneLine) => {
      story.note(line.milestone)
      if (line.milestone === 'registering') concealment.begin()
      const said = endingAsSaid(candidate.ending, line)
      if (!said) return
      ending = said
      tellEnding(said, ports.host.log)
    },
  }
  return ports.host.group(
    `Waiting for runner ${lease.name}, labels ${shownLabels(order).join(', ')}`,
    async () => {
      const online = await awaitOnline(wait, ports)
      story.note('online')
      await concealment.done()
      // What it says of itself was believed once: tags can be written while it boots.
      const believed = { ...online, instance: { ...online.instance, lease } }
      return { online: believed, candidate: { ...candidate, ending } }
    },
  )
}

/** Loaded where a runner is not the one that was waited for. */
const strange = () => import('./strange-runner.ts')
