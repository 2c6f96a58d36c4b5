import { doubtfulPace, patientPace, remove, surePace } from './remove.ts'
import { prune } from './prune.ts'
import type { Ports } from '../ports.ts'
import type { RemovalTarget } from './removal-target.ts'
import { mayHaveComeToLife } from './signs-of-life.ts'

export interface FinishHints {
  /** The launch said that it handed its machine over. */
  readonly handedOver: boolean
  /** The launch left some state: it ran, and its silence about a hand-over means something. */
  readonly known: boolean
  /** The launch said that it was about to create. */
  readonly creating: boolean
  /** The launch said that it took over a machine that another process had made, and may have handed over before. */
  readonly adopted?: boolean
  /** The launch said that it removed everything itself, and that it stayed gone. */
  readonly removed?: boolean
  /** ISO 8601 or duration, for the message. */
  readonly lives: string
}

/**
 * The post step: a launch that was handed over is left alone, and the scope's corpses are pruned; one that was not is removed by its
 * identity. Without any state the world decides: a runner of ours that has come to life was handed over as far as anybody can tell, and if
 * it was not, idleness ends it.
 */
export async function finish(target: RemovalTarget, hints: FinishHints, ports: Ports): Promise<void> {
  const { host, signal } = ports
  const handedOver =
    hints.handedOver ||
    ((!hints.known || hints.adopted === true) && (await mayHaveComeToLife(target, ports, signal)))
  if (handedOver) {
    host.log.info(`Runner ${target.runnerName} was handed over and stays: ${hints.lives}`)
    await prune(target.regions, ports, { identity: target.identity, run: target.run ?? '' })
    return
  }
  if (hints.known && !hints.creating) {
    host.log.info('The launch ended before it created anything.')
    return
  }
  host.log.info(`The launch did not finish. Removing everything of ${target.identity}.`)
  const pace = hints.removed ? surePace : target.hearsay?.length ? patientPace : doubtfulPace
  const { instances, runners, busyRunners } = await remove(target, ports, pace)
  host.log.info(
    `Removed ${instances.length} machine(s) and ${runners.length} registration(s)${busyRunners.length > 0 ? '' : '; nothing of this launch is left'}.`,
  )
}
