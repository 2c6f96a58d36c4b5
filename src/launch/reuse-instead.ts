import { onOneLine } from '../lib/printable.ts'
import { Failure } from '../model/failure.ts'
import { wishOf } from '../model/ownership.ts'
import { uniqueLabel } from '../model/runner.ts'
import type { Ports } from '../ports.ts'
import { findMachines } from '../removal/survey.ts'
import { inTime, launchTime } from '../removal/time-limit.ts'
import { leave } from '../removal/trail.ts'
import { dwellingOf, type Dwelling } from './dwelling.ts'
import { livingOf } from './living.ts'
import type { LaunchOrder } from './order.ts'
import { renderReused, type Reused, reusedLinks, reusedOutputs } from './reused.ts'
import { findReusable, type ReuseWish } from './reuse.ts'

/** What is asked of a runner that is there. */
export type ReuseOrder = Pick<LaunchOrder, 'lease' | 'labels' | 'reuse' | 'launchTimeout'> & {
  /** Absent where no cloud is asked for a machine. */
  readonly request?: Pick<LaunchOrder['request'], 'regions'>
}

export interface Found {
  /** Undefined where a machine is to be launched. */
  readonly reused: Reused | undefined
  /** Ids of runners that were there before and did not do. */
  readonly passed: ReadonlySet<string>
}

/** Hands a runner over that is there already. Nothing was made for it, and nothing of it is ever removed for this launch. */
export async function reuseInstead(order: ReuseOrder, ports: Ports): Promise<Found> {
  const { host } = ports
  // The post step of a launch that has made nothing has nothing to remove.
  leave(host, { identity: order.lease.identity })
  const found = await inTime(ports, launchTime(order.launchTimeout), (timed) =>
    host.group('Looking for a runner that is there already', () => findInstead(order, timed)),
  )
  if (found.reused) await handOn(found.reused, order, ports)
  return found
}

/** Reads only. A machine that an earlier try of this very launch has made comes first, whatever else there is. */
export async function findInstead(order: ReuseOrder, ports: Ports): Promise<Found> {
  const dwellings = new Map<string, Dwelling>()
  const { found, passed } = await findReusable(reuseWishOf(order), ports, async ({ runner }) => {
    const dwelling = await dwellingOf(runner, ports)
    dwellings.set(runner.id, dwelling)
    return dwelling.lost
  })
  if (!found || (await isTriedAlready(order, ports))) return { reused: undefined, passed }
  return { reused: { ...found, ...dwellings.get(found.runner.id) }, passed }
}

function reuseWishOf({ labels, lease: { name, identity }, reuse }: ReuseOrder): ReuseWish {
  return { labels, idle: reuse === 'idle', ...(name === uniqueLabel(identity) ? {} : { name }) }
}

/** Where that cannot be told, a runner that is there is nearer than a machine that may be. */
async function isTriedAlready({ lease, request }: ReuseOrder, ports: Ports): Promise<boolean> {
  const { clouds, host, signal } = ports
  if (!request) return false
  try {
    const { ours } = await findMachines(wishOf(lease), clouds.placesOf(request.regions), ports, signal)
    return livingOf(ours) !== undefined
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Failure)) throw error
    host.log.debug(`Whether an earlier try of this step has a machine is not known: ${error.message}`)
    return false
  }
}

async function handOn(reused: Reused, order: ReuseOrder, ports: Ports): Promise<void> {
  const { host, signal, forge } = ports
  signal.throwIfAborted()
  const { runner, serves, machine } = reused
  // Whoever registers a runner chooses its name.
  const name = onOneLine(runner.name)
  const outputs = reusedOutputs(reused, order)
  host.output(outputs)
  host.links(reusedLinks(reused, ports))
  leave(host, { reused: true })
  host.log.info(
    `Runner ${name} is online at ${forge.scope}${machine ? `, on ${machine.id} (${machine.type} in ${machine.zone ?? machine.region})` : ''}, and is used: nothing was ${order.request ? 'launched' : 'started here'}.`,
  )
  if (!serves)
    host.log.warn(
      `Runner ${name} has the name and not all of the labels ${order.labels.join(', ')}: jobs that ask for these do not come to it. It has ${onOneLine(runner.labels.join(', '))}.`,
    )
  await host.summary(renderReused(reused, outputs, ports))
}
