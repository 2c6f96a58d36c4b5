import type { Forge } from '../forges/forge.ts'
import { identityOfRunner, regionsOfRunner, runOfRunner, type Runner } from '../model/runner.ts'
import type { Ports } from './order.ts'
import { identitiesOf } from './survey.ts'

/** Seconds after the time by which a runner should be online in which nothing of its launch is judged by its absence. */
export const grace = 600

/**
 * Is this the registration of a machine that may be gone? Ours, not at work as far as a forge that would notice tells, and its machine's region
 * is among those that were looked in. One that never connected belongs to a machine that may be about to, until its time is over. Whether the machine
 * is gone, the cloud must tell.
 */
export function isSuspect(
  runner: Runner,
  { noticesLoss }: Pick<Forge, 'noticesLoss'>,
  cloud: string,
  regions: ReadonlySet<string>,
  now: number,
): boolean {
  const places = regionsOfRunner(runner, cloud)
  const placed = places.length > 0 && places.every((region) => regions.has(region))
  const atWork = noticesLoss && (runner.online || runner.busy)
  return placed && !atWork && identityOfRunner(runner) !== undefined && !isYoung(runner, now)
}

/**
 * May its machine still be about to come? `now` in clock milliseconds. Where a registration tells no time, one that never connected always
 * may; where the forge does not tell whether it connected either, none may.
 */
export function isYoung(runner: Runner, now: number): boolean {
  if (runner.connected === true) return false
  const { dueAt = runner.connected === false ? Infinity : -Infinity } = runOfRunner(runner) ?? {}
  return now / 1000 <= dueAt + grace
}

/**
 * Of registrations without a living machine, those of which that proves something. Where the forge calls a runner online long after its machine has
 * vanished, one that is online is a working runner of another account of the cloud as well as a corpse: its machine must be known to have
 * ended here. Another hour or two, and the forge calls it offline.
 */
export async function provenCorpses(
  runners: readonly Runner[],
  { cloud, forge, host }: Pick<Ports, 'cloud' | 'forge' | 'host'>,
): Promise<readonly Runner[]> {
  const doubtful = runners.filter(({ online }) => online)
  if (forge.noticesLoss || doubtful.length === 0) return runners
  const regions = new Set(doubtful.flatMap((runner) => regionsOfRunner(runner, cloud.name)))
  const ended = identitiesOf(await cloud.listEnded({ scope: forge.scope }, [...regions], host.signal))
  return runners.filter((runner) => !runner.online || ended.has(identityOfRunner(runner)))
}
