import { cell } from '../lib/table.ts'
import type { Leg } from './leg.ts'
import type { RemovalTarget } from '../removal/removal-target.ts'
import { patientPace, remove, removeInHurry, surePace, type Removal } from '../removal/remove.ts'
import { inTime, type Time } from '../removal/time-limit.ts'
import { leave } from '../removal/trail.ts'

type Ended = Pick<Leg, 'order' | 'attempts' | 'ports'>

/** All that this process has made, and nothing else of its identity: what a twin has handed over is not to be harmed by our failure. */
function ownTarget({ order: { lease, request }, attempts, ports: { clouds } }: Ended): RemovalTarget {
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

/** The end of a launch that failed, however: removes what it `made`, and tells it on the job's page. Whoever cancelled is told by who ends the process. */
export async function giveUp(failure: unknown, made: boolean, leg: Leg): Promise<void> {
  const { host, signal } = leg.ports
  const removal = made && !leg.attempts.foreign ? await undo(failure, leg) : ''
  if (removal) leg.story.note('removed')
  if (signal.aborted) return
  const { failedPage } = await import('./failed-page.ts')
  await host.summary(failedPage(failure, removal, leg))
}

/** A machine that died before its runner was online: the next candidate begins without it. */
export async function removeAttempt({ order, attempts, ports }: Leg): Promise<void> {
  await remove(ownTarget({ order, attempts, ports }), ports, patientPace, ports.signal)
}

/**
 * Removes what a failed launch made, and says what is left; empty where that is left to a post step. A removal that fails too is told, and the first
 * failure stays the one thrown.
 */
async function undo(failure: unknown, leg: Ended): Promise<string> {
  const { host, signal } = leg.ports
  if (signal.aborted && host.postFollows) return ''
  const first = failure instanceof Error ? failure.message.split('\n')[0] : String(failure)
  host.log.info(`The launch failed (${first}). Removing everything of it.`)
  try {
    const { spared } = await inTime(leg.ports, undoing, (ports) => removeOwn({ ...leg, ports }))
    // A post step would take them for what this try left.
    leave(host, spared.length > 0 ? { handedOver: true } : { removed: true })
    const told = `Nothing of this launch is left${spared.length > 0 ? `, save what another try of it made: ${spared.join(', ')}` : ''}.`
    host.log.info(told)
    return told
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error)
    host.log.error(told)
    return `**Not everything of this launch could be removed.** ${cell(told)}`
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
