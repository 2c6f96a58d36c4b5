import type { Outputs } from '../hosts/host.ts'
import { uniqueLabel } from '../model/runner.ts'
import { thisMachine } from '../options/runner-options.ts'
import type { Ports } from '../ports.ts'
import type { HereOrder } from './order.ts'
import { labelsOf } from './registration.ts'

/** The record of a launch, as far as it means anything on a machine that was there before. */
export function outputsOf(order: HereOrder, { forge, clock }: Pick<Ports, 'forge' | 'clock'>): Outputs {
  const label = uniqueLabel(order.lease.identity)
  const single = {
    instanceIp: '',
    instanceId: '',
    instanceType: '',
    instanceLaunchTime: iso(clock.now()),
    cloud: thisMachine,
    region: '',
    spot: false,
    price: '',
    runnerName: order.lease.name,
    runnerLabels: labelsOf(order).join(','),
    label,
    runsOn: JSON.stringify(forge.runsOn(label)),
    expiresAt: Number.isFinite(order.lifetime) ? iso(order.lease.expiresAt * 1000) : '',
    reused: false,
  }
  return { ...single, runners: JSON.stringify([single]) }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
