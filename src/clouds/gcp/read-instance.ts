import { leaseFromText, leaseTags, managedBy, type ReadLease } from '../../model/lease.ts'
import type { Instance, InstanceState } from '../../model/instance.ts'
import type { GceInstance } from './compute.ts'
import { leaseKey } from './insert-request.ts'
import { nameOf, takesAccelerators } from './machine-type.ts'
import { idOf, placeOf } from './names.ts'
import { lastPart } from './regions.ts'

/**
 * What a status of Compute Engine is here. STOPPING may be a machine that is deleted, and may be one that is only switched off and so stays: whoever has
 * ordered the deletion knows. https://cloud.google.com/compute/docs/instances/instance-lifecycle
 */
const states: Readonly<Record<string, InstanceState>> = {
  PENDING: 'pending',
  PROVISIONING: 'pending',
  STAGING: 'pending',
  RUNNING: 'running',
  REPAIRING: 'running',
  PENDING_STOP: 'running',
  STOPPING: 'running',
  SUSPENDING: 'running',
  SUSPENDED: 'remnant',
  STOPPED: 'remnant',
  TERMINATED: 'remnant',
  DEPROVISIONING: 'ending',
}

export function readInstance(machine: GceInstance): Instance {
  const { zone, name, region } = placeOf(machine)
  const ip = ipOf(machine)
  return {
    cloud: 'gcp',
    id: idOf({ zone, name }),
    region,
    zone,
    type: typeOf(machine),
    market: isSpot(machine) ? 'spot' : 'on-demand',
    state: states[machine.status ?? 'PENDING'] ?? 'running',
    ...(ip ? { ip } : {}),
    launchedAt: Math.floor((Date.parse(machine.creationTimestamp ?? '') || 0) / 1000),
    ...leaseOf(machine),
  }
}

/** Is it switched off, or about to be? */
export function isStopping({ status }: Pick<GceInstance, 'status'>): boolean {
  return /^(PENDING_STOP|STOPPING|STOPPED|TERMINATED|SUSPENDING|SUSPENDED)$/.test(status ?? '')
}

function isSpot({ scheduling }: GceInstance): boolean {
  return scheduling?.provisioningModel === 'SPOT' || scheduling?.preemptible === true
}

/** In the notation of `cloud-type`. Families that bring their GPUs along show them here as well. */
function typeOf({ machineType, guestAccelerators }: GceInstance): string {
  const machine = lastPart(machineType)
  const [first] = guestAccelerators ?? []
  const attached = takesAccelerators({ family: /^(n1-|custom-|[fg]1-)/.test(machine) ? 'n1' : '' })
    ? first
    : undefined
  return nameOf(
    machine,
    attached && { accelerator: lastPart(attached.acceleratorType), count: attached.acceleratorCount ?? 1 },
  )
}

function ipOf({ networkInterfaces }: GceInstance): string | undefined {
  const [first] = networkInterfaces ?? []
  const shown = first?.accessConfigs?.[0]?.natIP || first?.ipv6AccessConfigs?.[0]?.externalIpv6
  return shown || first?.networkIP || first?.ipv6Address || undefined
}

/** The whole lease stands in the metadata; a label says that there is to be one. */
function leaseOf({ metadata, labels }: GceInstance): ReadLease {
  const text = metadata?.items?.find(({ key }) => key === leaseKey)?.value
  if (text === undefined || text === null) {
    if (labels?.[leaseTags.managedBy] !== managedBy) return {}
    return { damage: { identity: labels[leaseTags.identity] ?? '', name: '', wrong: [leaseKey] } }
  }
  return leaseFromText(text)
}
