import type { Runner } from '../model/runner.ts'
import { identityOfRunner, placeLabel } from '../model/runner.ts'
import type { Ports } from './order.ts'

/** Bounds of the housekeeping after a launch: it must never keep a job waiting. */
const bounds = { pages: 12, removals: 100, milliseconds: 30_000 } as const

/**
 * Removes offline registrations of ours whose machine is gone, in the regions given. A registration is left alone when its place
 * label is not one of these regions, when its machine lives, or when the forge says it never connected (its machine may be about to).
 * Never throws: it is housekeeping. Returns how many were removed.
 */
export async function prune(regions: readonly string[], ports: Ports): Promise<number> {
  const until = ports.clock.now() + bounds.milliseconds
  let removed = 0
  try {
    const corpses = await findCorpses(regions, ports, until)
    for (const corpse of corpses.slice(0, bounds.removals)) {
      if (ports.clock.now() > until) break
      if ((await ports.forge.unregister(corpse, ports.host.signal)) === 'gone') removed++
    }
    if (removed > 0)
      ports.host.log.info(
        `Removed ${removed} offline registration${removed === 1 ? '' : 's'} whose machine is gone.`,
      )
  } catch (error) {
    ports.host.log.debug(
      `Housekeeping stopped early: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  return removed
}

async function findCorpses(
  regions: readonly string[],
  { cloud, forge, host, clock }: Ports,
  until: number,
): Promise<readonly Runner[]> {
  const places = new Set(regions.map((region) => placeLabel(cloud.name, region)))
  const suspects: Runner[] = []
  let pages = 0
  for await (const page of forge.listRunners(host.signal)) {
    suspects.push(...page.filter((runner) => isSuspect(runner, places)))
    if (++pages >= bounds.pages || clock.now() > until) break
  }
  if (suspects.length === 0) return []
  const living = new Set(
    (await cloud.list(forge.scope, regions, host.signal)).map((instance) => instance.lease?.identity),
  )
  return suspects.filter((runner) => !living.has(identityOfRunner(runner)))
}

function isSuspect(runner: Runner, places: ReadonlySet<string>): boolean {
  const placed = runner.labels.some((label) => places.has(label.toLowerCase()))
  return (
    placed &&
    !runner.online &&
    !runner.busy &&
    runner.connected !== false &&
    identityOfRunner(runner) !== undefined
  )
}
