import { isAlive } from '../model/instance.ts'
import type { Lease } from '../model/lease.ts'
import { claims, dueOf, inhabited } from '../model/ownership.ts'
import { placeKey, type Place } from '../model/place.ts'
import type { Runner } from '../model/runner.ts'
import { isSuspect, provenCorpses } from './corpses.ts'
import type { Ports } from '../ports.ts'
import { findMachines } from './survey.ts'
import { limited, type Time } from './time-limit.ts'

/** Bounds of the housekeeping after a launch: it must never keep a job waiting. */
const bounds = { pages: 12, removals: 100 } as const

const time: Time = { tried: 'tidy up', patience: 20_000, grace: 10_000 }

/** So many are more than enough, also when the machines of some turn out to live: a forge may need a request for each that it lists. */
const enough = 2 * bounds.removals

/**
 * Removes offline registrations of ours whose machine is gone, in the places given. A registration is left alone when its place
 * label is not one of these places, when its machine lives, or when it never connected and still has time (its machine may be about to).
 * `own`: the launch that has just handed its machine over, which listings may not show yet while the forge may call its runner offline. Of many launches
 * of one run one is enough: the others leave it to the one whose identity comes first.
 * Never throws: it is housekeeping, and ends after 30 s whoever does not answer. Returns how many were removed.
 */
export async function prune(
  places: readonly Place[],
  ports: Ports,
  own?: Pick<Lease, 'identity' | 'run'>,
): Promise<number> {
  const limit = limited(ports, time)
  const { forge, host, signal } = limit.ports
  let removed = 0
  try {
    if (own && (await isLeftToAnother(own, places, limit.ports))) return 0
    const corpses = await findCorpses(places, limit.ports, own?.identity)
    for (const corpse of corpses.slice(0, bounds.removals)) {
      signal.throwIfAborted()
      if ((await forge.unregister(corpse, signal)) === 'gone') removed++
    }
  } catch (error) {
    host.log.debug(`Housekeeping stopped early: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    limit.end()
  }
  if (removed > 0)
    host.log.info(`Removed ${removed} offline registration${removed === 1 ? '' : 's'} whose machine is gone.`)
  return removed
}

/** Seconds: launches of one run that end at about the same time. */
const together = 600

/** Hundreds that tidy up at once would only be in each other's way. */
async function isLeftToAnother(
  { identity, run }: Pick<Lease, 'identity' | 'run'>,
  places: readonly Place[],
  ports: Ports,
): Promise<boolean> {
  const { forge, host, clock, signal } = ports
  const { ours } = await findMachines({ scope: forge.scope, run, roughly: true }, places, ports, signal)
  const first = ours.some(
    (machine) =>
      machine.lease.identity < identity &&
      isAlive(machine) &&
      machine.launchedAt > clock.now() / 1000 - together,
  )
  if (first) host.log.debug('Another launch of this run tidies up.')
  return first
}

async function findCorpses(
  places: readonly Place[],
  ports: Ports,
  spare: string | undefined,
): Promise<readonly Runner[]> {
  const { forge, clock, signal } = ports
  const looked = new Set(places.map(placeKey))
  const suspects: Runner[] = []
  let pages = 0
  for await (const page of forge.listRunners(signal, 'ours')) {
    suspects.push(
      ...page.filter(
        (runner) =>
          isSuspect(runner, ports, looked) && (spare === undefined || !claims(runner, { identity: spare })),
      ),
    )
    if (++pages >= bounds.pages || suspects.length >= enough) break
  }
  if (suspects.length === 0) return []
  const { corpses } = await provenCorpses(await withoutMachine(suspects, places, ports), ports)
  const sure = forge.noticesLoss && !corpses.some((runner) => isRecent(runner, clock.now()))
  if (sure || corpses.length === 0) return corpses
  await clock.sleep(secondLook, signal)
  return withoutMachine(corpses, places, ports)
}

/** Milliseconds after which a machine that was made a moment ago is looked for once more: listings lag behind. */
const secondLook = 2_500

async function withoutMachine(
  runners: readonly Runner[],
  places: readonly Place[],
  ports: Ports,
): Promise<readonly Runner[]> {
  const { forge, signal } = ports
  const { ours, strangers } = await findMachines({ scope: forge.scope }, places, ports, signal)
  const lives = inhabited([...ours, ...strangers])
  return runners.filter((runner) => !lives(runner))
}

/** `now` in clock milliseconds. Its launch may have ended just now. */
function isRecent(runner: Runner, now: number): boolean {
  return now / 1000 <= (dueOf(runner) ?? 0)
}
