import type { Forge } from '../forges/forge.ts'
import { claims, wishOf, type Owned } from '../model/ownership.ts'
import type { Runner } from '../model/runner.ts'
import { BootLog, milestoneOf } from '../machine/boot-log.ts'
import type { Ports } from '../ports.ts'
import type { RemovalTarget } from './removal-target.ts'

/**
 * May a launch have been handed over, as far as the forge knows? That its runner is online now is a hint, and wrong at times; that it once
 * connected stays true. A forge that does not tell may mean it: what lives is ended by its idleness.
 */
export async function mayHaveComeToLife(
  { runnerName, identity, run }: Pick<RemovalTarget, 'runnerName' | 'identity' | 'run'>,
  { forge }: Ports,
  signal?: AbortSignal,
): Promise<boolean> {
  const wish = { identity, name: runnerName, ...(run === undefined ? {} : { run }) }
  const runner = await forge.findRunner(
    runnerName,
    signal,
    (seen) => claims(seen, wish) && (seen.online || seen.busy || seen.connected !== false),
  )
  return runner !== undefined
}

const signs: ReadonlySet<string> = new Set(['registered', 'listening', 'job-started', 'job-ended'])

/**
 * Has a machine that no listing of registrations shows one of had one all the same? A registration can be taken away from a runner that works,
 * and a listing that is read page by page can lose one; its console, where it can be read, and the forge, asked for the very name, tell.
 */
export async function hasComeToLife(machine: Owned, ports: Ports): Promise<boolean> {
  const { forge, host, signal } = ports
  const { lease } = machine
  const isSign = (seen: Runner): boolean => claims(seen, wishOf(lease)) && !isUnused(seen, forge)
  if (await forge.findRunner(lease.name, signal, isSign)) return true
  const console = await readConsole(machine, ports)
  signal.throwIfAborted()
  const alive = new BootLog()
    .read(console ?? '')
    .some((line) => signs.has(milestoneOf(line)?.milestone ?? ''))
  if (alive)
    host.log.info(
      `${machine.id} has no registration in use, but its console shows that it had one: it may work, and is left to its own timers.`,
    )
  return alive
}

/**
 * A registration that no machine has ever used is no sign of one where the launcher makes it in advance (GitLab, which writes the first contact
 * down at once). Elsewhere a machine has made it.
 */
export function isUnused({ connected }: Runner, { noticesLoss }: Pick<Forge, 'noticesLoss'>): boolean {
  return !noticesLoss && connected === false
}

/** One reading that fails in passing must not end a machine that works. Undefined where it cannot be read at all. */
const readings = { most: 3, spacing: 2_500 } as const

async function readConsole(machine: Owned, { clouds, clock, signal }: Ports): Promise<string | undefined> {
  const cloud = clouds.of(machine)
  for (let reading = 1; ; reading++) {
    const text = await cloud.console(machine, signal)
    if (text !== undefined || !cloud.limits.console || reading === readings.most) return text
    await clock.sleep(readings.spacing, signal)
  }
}
