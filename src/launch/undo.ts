import type { Leg } from './leg.ts'
import type { RemovalTarget } from '../removal/removal-target.ts'
import { patientPace, remove, removeInHurry, surePace, type Removal } from '../removal/remove.ts'
import { inTime, type Time } from '../removal/time-limit.ts'
import { leave } from '../removal/trail.ts'

type Ended = Pick<Leg, 'order' | 'attempts' | 'ports'>

/** All that this process has made, and nothing else of its identity: what a twin has handed over is not to be harmed by our failure. */
export function ownTarget({ order: { lease, request }, attempts, ports: { clouds } }: Ended): RemovalTarget {
  const { created, adopted } = attempts
  return {
    identity: lease.identity,
    run: lease.run,
    runnerName: lease.name,
    places: clouds.placesOf(request.regions),
    ...(created ? { known: [created] } : {}),
    own: { lease, ...(adopted ? { adopted: adopted.id } : {}) },
  }
}

/** Removes what a failed launch made. A removal that fails too is told, and the first failure stays the one thrown. */
export async function undo(failure: unknown, leg: Ended): Promise<void> {
  const { host, signal } = leg.ports
  if (signal.aborted && host.postFollows) return
  const first = failure instanceof Error ? failure.message.split('\n')[0] : String(failure)
  host.log.info(`The launch failed (${first}). Removing everything of it.`)
  try {
    const { spared } = await inTime(leg.ports, undoing, (ports) => removeOwn({ ...leg, ports }))
    // A post step would take them for what this try left.
    leave(host, spared.length > 0 ? { handedOver: true } : { removed: true })
    host.log.info(
      `Nothing of this launch is left${spared.length > 0 ? `, save what another try of it made: ${spared.join(', ')}` : ''}.`,
    )
  } catch (error) {
    host.log.error(error instanceof Error ? error.message : String(error))
  }
}

/** Removing has its own time, and this is beyond it. */
const undoing: Time = { tried: 'undo the launch', patience: 240_000, grace: 20_000 }

/** Looks in a row of a process that will be killed soon: for what it was refused, for what it knows, and for what it never heard of. */
const hurriedLooks = { refused: 1, known: 2, unheard: 5 } as const

function removeOwn(leg: Ended): Promise<Removal> {
  const { attempts, ports } = leg
  const { host, signal } = ports
  const target = ownTarget(leg)
  const { mayExist, created, adopted } = attempts
  if (!signal.aborted || !host.hurried) return remove(target, ports, mayExist ? patientPace : surePace)
  const knowledge = !mayExist ? 'refused' : created || adopted ? 'known' : 'unheard'
  return removeInHurry(target, ports, hurriedLooks[knowledge])
}
