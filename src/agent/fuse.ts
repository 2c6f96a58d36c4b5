import { run } from './run.ts'
import type { Machine } from './world.ts'

/** Far shorter than the timer it re-arms (10 minutes): some beats may be lost. */
const pause = 60_000

/**
 * Re-arms the timer that ends the machine when the agent hangs. The first beat takes over from the boot timer, in this order,
 * so that no moment is without a fuse. A beat that fails is not an error: the next one may not, and if none succeeds the
 * fuse does what it is for.
 */
export async function beat({
  clock,
  environment,
  stop,
}: Pick<Machine, 'clock' | 'environment' | 'stop'>): Promise<void> {
  const systemctl = async (...words: string[]) =>
    (await run(['systemctl', ...words], { env: { ...environment }, timeout: 30_000 })).status === 0
  for (let booting = true; !stop.aborted;) {
    const armed = await systemctl('restart', 'cml-runner-heartbeat.timer')
    if (armed && booting) booting = !(await systemctl('stop', 'cml-runner-boot.timer'))
    await clock.sleep(pause, stop).catch(() => undefined)
  }
}
