import type { Outputs } from '../hosts/host.ts'
import type { Candidate, Instance } from '../model/instance.ts'
import type { Price } from '../model/price.ts'
import { unsealed } from '../model/ownership.ts'
import { uniqueLabel } from '../model/runner.ts'
import { labelsOf } from './payload.ts'
import type { Online } from './wait.ts'
import type { LaunchOrder } from './order.ts'
import type { Ports } from '../ports.ts'

/** The record that every surface hands on. No value in it may ever be masked: CI drops masked job outputs. */
export function outputsOf(
  order: LaunchOrder,
  { instance, runner, price }: Online & { readonly price: Price | undefined },
  candidate: Candidate,
  { forge }: Ports,
): Outputs {
  // A machine that an earlier try made carries that one's times.
  const lease = instance.lease ?? order.lease
  const label = uniqueLabel(order.lease.identity)
  const single = {
    ...outputsOfMachine(instance),
    price: price === undefined ? '' : String(price.usdPerHour),
    runnerName: runner.name,
    runnerLabels: labelsOf({ ...order, lease: unsealed(lease, runner) }, candidate).join(','),
    label,
    runsOn: JSON.stringify(forge.runsOn(label)),
    expiresAt: iso(lease.expiresAt),
    reused: false,
  }
  return { ...single, runners: JSON.stringify([single]) }
}

/** What the outputs say of any machine. */
export function outputsOfMachine(
  machine: Instance,
): Pick<
  Outputs,
  'instanceIp' | 'instanceId' | 'instanceType' | 'instanceLaunchTime' | 'cloud' | 'region' | 'spot'
> {
  return {
    instanceIp: machine.ip ?? '',
    instanceId: machine.id,
    instanceType: machine.type,
    instanceLaunchTime: iso(machine.launchedAt),
    cloud: machine.cloud,
    region: machine.zone ?? machine.region,
    spot: machine.market === 'spot',
  }
}

/** Unix seconds as ISO 8601. */
export function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
