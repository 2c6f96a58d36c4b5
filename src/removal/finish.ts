import { count } from '../lib/ages.ts'
import { bullets, pageOf, verdict } from '../lib/page.ts'
import { cell } from '../lib/table.ts'
import { doubtfulPace, patientPace, remove, surePace } from './remove.ts'
import { prune } from './prune.ts'
import { readBackConcealment } from './read-back.ts'
import type { Ports } from '../ports.ts'
import type { RemovalTarget } from './removal-target.ts'
import { mayHaveComeToLife } from './signs-of-life.ts'
import type { Trail } from './trail.ts'

/** What is known of the launch that is to be finished. */
export interface Finishing
  extends
    Pick<Trail, 'known' | 'creating' | 'handedOver'>,
    Partial<Pick<Trail, 'adopted' | 'removed' | 'reused'>> {
  /** Until when a machine that was handed over lives, for people. */
  readonly lives: string
}

/**
 * The post step: a launch that was handed over is left alone, and the scope's corpses are pruned; one that was not is removed by its
 * identity. Without any state the world decides: a runner of ours that has come to life was handed over as far as anybody can tell, and if
 * it was not, idleness ends it.
 */
export async function finish(target: RemovalTarget, trail: Finishing, ports: Ports): Promise<void> {
  const { host, signal } = ports
  if (trail.reused) {
    host.log.info('A runner that was there is used, and stays: nothing was launched, and nothing is removed.')
    return
  }
  const handedOver =
    trail.handedOver ||
    ((!trail.known || trail.adopted === true) && (await mayHaveComeToLife(target, ports, signal)))
  if (handedOver) {
    host.log.info(`Runner ${target.runnerName} came online and stays: ${trail.lives}`)
    await readBackConcealment(target, ports)
    await prune(target.places, ports, { identity: target.identity, run: target.run ?? '' })
    return
  }
  if (trail.known && !trail.creating) {
    host.log.info('The launch ended before it created anything.')
    return
  }
  host.log.info(`The launch did not finish. Removing everything of runner ${target.runnerName}.`)
  const pace = trail.removed ? surePace : target.hearsay?.length ? patientPace : doubtfulPace
  const { instances, runners, busyRunners } = await remove(target, ports, pace)
  const removed = `${count(instances.length, 'machine')} and ${count(runners.length, 'registration')} removed`
  const rest = busyRunners.length > 0 ? '' : '; nothing of this launch is left'
  host.log.info(`${removed}${rest}.`)
  await host.summary(
    pageOf([
      verdict('🧹', `The launch did not finish: ${removed}${rest}`),
      bullets([...instances, ...runners].map(cell)),
    ]),
  )
}
