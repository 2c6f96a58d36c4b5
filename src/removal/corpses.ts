import { joinFailures } from '../model/failure.ts'
import { accountOf, dueOf, goesWith, isManaged, placesOf, type AccountOf } from '../model/ownership.ts'
import { placeKey } from '../model/place.ts'
import type { Runner } from '../model/runner.ts'
import type { Ports } from '../ports.ts'

/** Seconds after the time by which a runner should be online in which nothing of its launch is judged by its absence. */
export const leeway = 600

/**
 * Is this the registration of a machine that may be gone? Ours, not at work as far as a forge that would notice tells, and its machine's place
 * is among those that were looked in. One that never connected belongs to a machine that may be about to, until its time is over. Whether the machine
 * is gone, the cloud must tell.
 */
export function isSuspect(
  runner: Runner,
  { clouds, forge, clock }: Pick<Ports, 'clouds' | 'forge' | 'clock'>,
  looked: ReadonlySet<string>,
): boolean {
  const { places, elsewhere } = placesOf(runner, clouds.open)
  const placed = places.length > 0 && !elsewhere && places.every((place) => looked.has(placeKey(place)))
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
  return now / 1000 <= due + leeway
}

export interface Proof {
  readonly corpses: readonly Runner[]
  /** Nothing tells in which account their machines are, and nothing proves that they have ended: they may work where nobody can look here. */
  readonly doubtful: readonly Runner[]
  /** Why what has ended could not be looked up. */
  readonly problem?: unknown
}

/**
 * Of registrations without a living machine, those of which that proves something. It proves nothing of another account's. It is enough where a
 * registration tells that its machine was in this account, and is offline. Else its own machine must be known to have ended here, unless the
 * forge itself has not heard of it for hours. That a forge which notices a loss calls one offline at two looks of one process
 * says no more than one look does: nothing here outlives a process, and such forges do not tell since when.
 */
export async function provenCorpses(
  runners: readonly Runner[],
  { clouds, forge, signal }: Pick<Ports, 'clouds' | 'forge' | 'signal'>,
): Promise<Proof> {
  if (runners.length === 0) return { corpses: [], doubtful: [] }
  const accounts = await clouds.accounts(signal)
  const account = (runner: Runner): AccountOf => accountOf(runner, accounts, clouds.open)
  const mayBeOurs = runners.filter((runner) => account(runner) !== 'another')
  const isSure = (runner: Runner): boolean =>
    !runner.online && (!forge.noticesLoss || account(runner) === 'this')
  const sure = mayBeOurs.filter(isSure)
  const others = mayBeOurs.filter((runner) => !isSure(runner))
  if (others.length === 0) return { corpses: sure, doubtful: [] }
  try {
    const places = others.flatMap((runner) => placesOf(runner, clouds.open).places)
    const { machines, unreadable } = await clouds.listEnded({ scope: forge.scope }, places, signal)
    const isProven = (runner: Runner): boolean =>
      isSure(runner) || machines.some((machine) => goesWith(runner, machine, clouds.open))
    return {
      corpses: mayBeOurs.filter(isProven),
      doubtful: others.filter((runner) => !runner.online && !isProven(runner)),
      ...(unreadable.length > 0 ? { problem: joinFailures(unreadable.map(({ failure }) => failure)) } : {}),
    }
  } catch (problem) {
    signal.throwIfAborted()
    return { corpses: sure, doubtful: others.filter(({ online }) => !online), problem }
  }
}

/** Is the machine of an online runner gone all the same? Where the forge notices that, or the runner is not ours, it is not. */
export async function hasEnded(runner: Runner, ports: Ports): Promise<boolean> {
  const { clouds, forge } = ports
  const placed = isManaged(runner) && placesOf(runner, clouds.open).places.length > 0
  return !forge.noticesLoss && placed && (await provenCorpses([runner], ports)).corpses.length > 0
}
