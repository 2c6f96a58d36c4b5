import type { Sighting } from '../forges/forge.ts'
import type { Outputs } from '../hosts/host.ts'
import { onOneLine } from '../lib/printable.ts'
import { claims, isManaged } from '../model/ownership.ts'
import type { Runner } from '../model/runner.ts'
import type { Ports } from '../ports.ts'
import { isYoung } from '../removal/corpses.ts'
import { inTime, type Time } from '../removal/time-limit.ts'
import type { LaunchOrder } from './order.ts'

/** Bounds of a look that changes nothing. */
const mostPages = 12
const time: Time = {
  tried: 'look whether another runner came at the same time',
  patience: 20_000,
  grace: 10_000,
}

/**
 * Two launches that start at once find no runner, and each makes its own. Both stay, since what was handed over is not taken back; the one whose
 * runner registered later says so, which one alone does whichever was online first. `passed`: those that were there before. Never throws.
 */
export async function tellOlder(
  { lease: { identity }, labels }: Pick<LaunchOrder, 'lease' | 'labels'>,
  { runnerName, instanceId }: Pick<Outputs, 'runnerName' | 'instanceId'>,
  passed: ReadonlySet<string>,
  ports: Ports,
): Promise<void> {
  const { host } = ports
  const find = async ({ forge, signal, clock }: Ports): Promise<Runner | undefined> => {
    const own = await forge.findRunner(runnerName, signal, (seen) => claims(seen, { identity }))
    const mayBe = (seen: Sighting): boolean =>
      own !== undefined && isOlder(seen, own) && !passed.has(seen.id) && (seen.online || !seen.connected)
    let pages = 0
    for await (const page of forge.serving({ labels, online: false }, signal)) {
      for (const seen of page.filter(mayBe)) {
        const runner = (await seen.whole(signal))?.runner
        const comes = runner && (runner.online || (isManaged(runner) && isYoung(runner, clock.now())))
        if (runner && comes && !claims(runner, { identity })) return runner
      }
      if (++pages >= mostPages) return undefined
    }
    return undefined
  }
  try {
    const older = await inTime(ports, time, find)
    if (older)
      host.log.warn(
        `Runner ${onOneLine(older.name)} with the same labels came up at the same time: neither could find the other. Both stay, and jobs for these labels may go to either. End this one${instanceId ? ` with \`stop\` (\`instance-id\` ${instanceId})` : ''} when it is not needed.`,
      )
  } catch (error) {
    host.log.debug(
      `Whether another runner came at the same time is not known: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** Forges count their registrations upwards. */
function isOlder({ id }: Pick<Runner, 'id'>, own: Pick<Runner, 'id'>): boolean {
  return id.localeCompare(own.id, 'en', { numeric: true }) < 0
}
