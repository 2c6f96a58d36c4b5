import type { Instance } from '../model/instance.ts'
import { identityOfRunner } from '../model/runner.ts'
import { BootLog, milestoneOf } from './boot-log.ts'
import type { Ports } from './order.ts'

const signs: ReadonlySet<string> = new Set(['registered', 'listening', 'job-started', 'job-ended'])

/**
 * Has a machine that no listing of registrations shows one of had one all the same? A registration can be taken away from a runner that works,
 * and a listing that is read page by page can lose one; its console, where it can be read, and the forge, asked for the very name, tell.
 */
export async function hasComeToLife(machine: Instance, ports: Ports): Promise<boolean> {
  const { forge, host } = ports
  const { lease } = machine
  const runner = lease && (await forge.findRunner(lease.name, host.signal))
  if (runner && identityOfRunner(runner) === lease.identity) return true
  const console = await readConsole(machine, ports)
  host.signal.throwIfAborted()
  const alive = new BootLog()
    .read(console ?? '')
    .some((line) => signs.has(milestoneOf(line)?.milestone ?? ''))
  if (alive)
    host.log.info(
      `${machine.id} has no registration, but its console shows that it had one: it may work, and is left to its own timers.`,
    )
  return alive
}

/** One reading that fails in passing must not end a machine that works. Undefined where it can not be read at all. */
const readings = { most: 3, spacing: 2_500 } as const

async function readConsole(machine: Instance, { cloud, host, clock }: Ports): Promise<string | undefined> {
  for (let reading = 1; ; reading++) {
    const text = await cloud.console(machine, host.signal)
    if (text !== undefined || !cloud.limits.console || reading === readings.most) return text
    await clock.sleep(readings.spacing, host.signal)
  }
}
