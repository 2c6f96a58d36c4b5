import { dueOf, goesWith, isManaged, placesOf } from '../model/ownership.ts'
import type { Runner } from '../model/runner.ts'
import type { Ports } from './order.ts'

/** Seconds after the time by which a runner should be online in which nothing of its launch is judged by its absence. */
export const grace = 600

/**
 * Is this the registration of a machine that may be gone? Ours, not at work as far as a forge that would notice tells, and its machine's region
 * is among those that were looked in. One that never connected belongs to a machine that may be about to, until its time is over. Whether the machine
 * is gone, the cloud must tell.
 */
export function isSuspect(
  runner: Runner,
  { cloud, forge, clock }: Pick<Ports, 'cloud' | 'forge' | 'clock'>,
  looked: ReadonlySet<string>,
): boolean {
  const { regions, elsewhere } = placesOf(runner, cloud)
  const placed = regions.length > 0 && !elsewhere && regions.every((region) => looked.has(region))
  const atWork = forge.noticesLoss && (runner.online || runner.busy)
  return placed && !atWork && isManaged(runner) && !isYoung(runner, clock.now())
}

/**
 * May its machine still be about to come? `now` in clock milliseconds. Where a registration tells no time, one that never connected always
 * may; where the forge does not tell whether it connected either, none may.
 */
export function isYoung(runner: Runner, now: number): boolean {
  if (runner.connected === true) return false
  const due = dueOf(runner) ?? (runner.connected === false ? Infinity : -Infinity)
  return now / 1000 <= due + grace
}

/**
 * Of registrations without a living machine, those of which that proves something. Where the forge calls a runner online long after its machine has
 * vanished, one that is online is a working runner of another account of the cloud as well as a corpse: its own machine must be known to have
 * ended here. Another hour or two, and the forge calls it offline.
 */
export async function provenCorpses(
  runners: readonly Runner[],
  { cloud, forge, host }: Pick<Ports, 'cloud' | 'forge' | 'host'>,
): Promise<readonly Runner[]> {
  const doubtful = runners.filter(({ online }) => online)
  if (forge.noticesLoss || doubtful.length === 0) return runners
  const regions = new Set(doubtful.flatMap((runner) => placesOf(runner, cloud).regions))
  const ended = await cloud.listEnded({ scope: forge.scope }, [...regions], host.signal)
  return runners.filter(
    (runner) => !runner.online || ended.some((machine) => goesWith(runner, machine, cloud)),
  )
}
