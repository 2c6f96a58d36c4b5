import type { Resolution } from '../clouds/cloud.ts'
import { all } from '../lib/all.ts'
import { anyOf } from '../lib/deadline.ts'
import { Failure, joinReasons } from '../model/failure.ts'
import { wishOf, type Wish } from '../model/ownership.ts'
import type { Place } from '../model/place.ts'
import { lookIn, type Found } from '../removal/survey.ts'
import type { Ports } from '../ports.ts'
import type { NameHolders } from './free-name.ts'
import type { LaunchOrder } from './order.ts'
import { earlierTwin } from './twins.ts'

export type Preparation = Resolution & NameHolders

/** All reads of a launch side by side, before anything is made. Every failure found is reported in one message. */
export async function prepare(order: LaunchOrder, ports: Ports): Promise<Preparation> {
  const { clouds, forge, host, signal } = ports
  const places = clouds.placesOf(order.request.regions)
  const wish = wishOf(order.lease)
  const reads = await readAll(ports, (signal) => {
    const resolving = clouds.resolve(order.request, signal)
    return [
      resolving,
      findWhereUsable({ wish, places, resolving }, ports, signal),
      forge.findRunner(order.lease.name, signal),
    ]
  })
  signal.throwIfAborted()
  if ('reasons' in reads) throw joinReasons(reads.reasons.filter((reason) => reason !== cutShort))
  const [resolution, { ours }, namesake] = reads.values
  for (const warning of resolution.warnings) host.log.warn(warning)
  return {
    ...resolution,
    candidates: resolution.candidates.filter(({ cloud }) => clouds.knows(cloud)),
    twin: await earlierTwin({ machines: ours, namesake }, order, ports),
    namesake,
  }
}

interface Looking {
  readonly wish: Wish
  readonly places: readonly Place[]
  readonly resolving: Promise<Resolution>
}

/** What is there of this launch already. A cloud that does not take the credentials ends it only where no other serves. */
async function findWhereUsable(
  { wish, places, resolving }: Looking,
  ports: Ports,
  signal: AbortSignal,
): Promise<Found> {
  const { unreadable, ...found } = await lookIn(wish, places, ports, signal)
  if (unreadable.length > 0)
    await import('./left-out.ts').then(({ leaveOutBlind }) => leaveOutBlind(unreadable, resolving, ports))
  return found
}

/** ms. Once one read has failed for good, the others have so long to tell what else is wrong, however patient they are. */
const othersHave = 5_000

const cutShort = new Failure('cancelled', { tried: 'wait for the other reads' })

async function readAll<T extends readonly Promise<unknown>[] | []>(
  { clock, signal }: Ports,
  begin: (signal: AbortSignal) => T,
): ReturnType<typeof all<T>> {
  const [cut, done] = [new AbortController(), new AbortController()]
  const hurry = async (): Promise<void> => {
    await clock.sleep(othersHave, done.signal)
    cut.abort(cutShort)
  }
  const reads = begin(anyOf(signal, cut.signal))
  for (const read of reads) read.catch(() => hurry().catch(() => undefined))
  const results = await all(reads)
  done.abort(cutShort)
  return results
}
