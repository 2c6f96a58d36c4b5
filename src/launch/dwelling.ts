import { onOneLine } from '../lib/printable.ts'
import { Failure } from '../model/failure.ts'
import { accountOf, goesWith, launchOf, placesOf, type Owned } from '../model/ownership.ts'
import type { Runner } from '../model/runner.ts'
import type { Ports } from '../ports.ts'
import { hasEnded } from '../removal/corpses.ts'
import { lookIn } from '../removal/survey.ts'
import { inTime, type Time } from '../removal/time-limit.ts'
import { livingOf } from './living.ts'

/** What the clouds know of a runner's machine. */
export interface Dwelling {
  /** The machine, if it is one of ours and lives. */
  readonly machine?: Owned
  /** Why the runner cannot be at work, as a sentence's end. */
  readonly lost?: string
}

/** It is good to know, and a runner that works need not wait for it. */
const time: Time = { tried: 'look at the machine of a runner', patience: 15_000, grace: 10_000 }

/**
 * Looks for the machine of an online runner. One that is not ours has none here; of one whose machine may be where nobody can look, nothing is
 * known. What a forge calls online may have lost its machine a moment ago, or hours ago where it does not notice. Never throws but the signal's reason.
 */
export async function dwellingOf(runner: Runner, ports: Ports): Promise<Dwelling> {
  try {
    return await inTime(ports, time, (timed) => look(runner, timed))
  } catch (error) {
    ports.signal.throwIfAborted()
    if (!(error instanceof Failure)) throw error
    ports.host.log.warn(
      `What machine runner ${onOneLine(runner.name)} is on is not known: ${error.message.split('\n')[0]}`,
    )
    return {}
  }
}

async function look(runner: Runner, ports: Ports): Promise<Dwelling> {
  const { clouds, forge, signal } = ports
  const launch = launchOf(runner)
  const { places, elsewhere } = placesOf(runner, clouds.open)
  if (!launch || elsewhere || places.length === 0) return {}
  const wish = { scope: forge.scope, name: runner.name, ...launch }
  const { ours, strangers, unreadable } = await lookIn(wish, places, ports, signal)
  const own = ours.filter((machine) => goesWith(runner, machine, clouds.open))
  const machine = livingOf(own)
  if (machine) return { machine }
  if (own.length > 0) return { lost: `its machine ${own[0]!.id} is at its end` }
  if (unreadable.length > 0) throw unreadable[0]!.failure
  // It may be the runner's own, in doubt.
  if (strangers.some(({ damage }) => damage)) return {}
  const isHere = accountOf(runner, await clouds.accounts(signal), clouds.open) === 'this'
  return isHere || (await hasEnded(runner, ports)) ? { lost: 'its machine is not there any more' } : {}
}
