import { Failure } from '../model/failure.ts'
import type { Instance } from '../model/instance.ts'
import type { MilestoneLine } from '../machine/boot-log.ts'
import type { CarrierName } from '../machine/carriers.ts'
import type { Wait } from './wait.ts'

/** The cloud took the machine away, or never got it to run: the one end of a wait that is about the machine alone. */
export class MachineEnded extends Failure {}

const noWayOut =
  'Most often the machine has no way out to the internet (subnet without public address or NAT, a security group without outbound rules) or its image does not run'

/** Why nothing is heard from it, by the way into it. */
const silence: Readonly<Record<CarrierName, string>> = {
  'cloud-init': `${noWayOut} cloud-init.`,
  'startup-script': `${noWayOut} startup scripts.`,
  mounted: 'Most often its images are still on their way, or hold no program that could start.',
}

/** How the wait for a runner ends in vain. `log`: lines for the end of each message. */

export function notInTime(
  { lease, launchTimeout, wayOut }: Wait,
  last: MilestoneLine | undefined,
  log: readonly string[],
  carrier: CarrierName,
): Failure {
  return new Failure('deadline-exceeded', {
    tried: `see runner ${lease.name} online within ${launchTimeout} s`,
    said: last
      ? `the machine's last word was "${last.milestone}"`
      : 'the machine said nothing that could be read here',
    why: [last ? 'The machine started and did not finish its own setup in time.' : silence[carrier], wayOut]
      .filter(Boolean)
      .join(' '),
    fix: 'read the boot log below; give `launch-timeout` more time when the machine was still at work.',
    details: log,
  })
}

export function bootFailed({ id }: Instance, { text }: MilestoneLine, log: readonly string[]): Failure {
  return new Failure('internal', {
    tried: `set up machine ${id}`,
    said: text || 'its bootstrap failed',
    why: 'The machine started, and a step of its own setup failed; it has ended itself.',
    fix: 'read the boot log below. A failing `cloud-startup-script` shows its own output there.',
    details: log,
  })
}

export function died({ id, type, zone, region, ended }: Instance, log: readonly string[]): Failure {
  return new MachineEnded(ended?.kind ?? 'unavailable', {
    tried: `start machine ${id} (${type} in ${zone ?? region})`,
    said: ended?.text ?? 'it ended before its runner was online',
    ...(ended ? { code: ended.code } : {}),
    details: log,
  })
}
