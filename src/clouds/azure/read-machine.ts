import type { Instance, InstanceState } from '../../model/instance.ts'
import { readLease } from '../../model/lease.ts'
import type { ArmGroup, ArmMachine } from './arm.ts'
import { idOf, machineOfGroup, whereIn } from './names.ts'
import { plainRegion } from './regions.ts'
import { plainTags } from './tags.ts'

type Ended = NonNullable<Instance['ended']>

/** The machine as its own record says. `id` may be spelt otherwise than it was asked for, so the group is that of the question where one was asked. */
export function readMachine(machine: ArmMachine, group = whereIn(machine.id)?.group ?? ''): Instance {
  const { name, location, zones, tags, properties } = machine
  const region = plainRegion(location)
  const zone = zones?.[0]
  const ended = endOf(machine)
  return {
    cloud: 'azure',
    id: idOf({ group: plainGroup(group), name: name.toLowerCase() }),
    region,
    ...(zone ? { zone: `${region}-${zone}` } : {}),
    type: properties?.hardwareProfile?.vmSize ?? '',
    market: /^(Spot|Low)$/i.test(properties?.priority ?? '') ? 'spot' : 'on-demand',
    state: stateOf(machine),
    launchedAt: Math.floor((Date.parse(properties?.timeCreated ?? '') || 0) / 1000),
    ...readLease(plainTags(tags)),
    ...(ended ? { ended } : {}),
  }
}

/** Groups of ours are written small; others as people have called them. */
function plainGroup(group: string): string {
  return machineOfGroup(group) ? group.toLowerCase() : group
}

/** A group that was made for one machine, without it. */
export function readGroup({ name, location, tags, properties }: ArmGroup, type = ''): Instance {
  const group = plainGroup(name)
  const ending = /^Deleting$/i.test(properties?.provisioningState ?? '')
  return {
    cloud: 'azure',
    id: idOf({ group, name: machineOfGroup(name) ?? '' }),
    region: plainRegion(location),
    type,
    market: 'on-demand',
    state: ending ? 'ending' : 'remnant',
    launchedAt: 0,
    ...readLease(plainTags(tags)),
    ...(ending ? {} : { ended: noMachine }),
  }
}

const noMachine: Ended = {
  kind: 'unavailable',
  code: 'NoMachine',
  text: 'no machine is left in the group that was made for it',
}

/** `PowerState/running` → `running`. */
export function powerOf({ properties }: ArmMachine): string | undefined {
  return partOf(properties?.instanceView?.statuses ?? [], 'PowerState')?.[0]
}

function partOf(
  statuses: readonly { readonly code?: string }[],
  what: string,
): readonly string[] | undefined {
  const found = statuses.find(({ code }) => code?.toLowerCase().startsWith(`${what.toLowerCase()}/`))
  return found?.code?.split('/').slice(1)
}

function stateOf(machine: ArmMachine): InstanceState {
  const power = powerOf(machine)
  switch (machine.properties?.provisioningState) {
    case 'Deleting':
      return 'ending'
    case 'Failed':
      return 'remnant'
    case 'Creating':
      return power === 'running' ? 'running' : 'pending'
    default:
      return power === 'stopped' || power === 'deallocated' || power === 'deallocating'
        ? 'remnant'
        : 'running'
  }
}

/**
 * Why nothing works there any more. Azure does not tell who has switched a machine off: one that is off and still paid for has mostly done so itself; one that was
 * deallocated somebody has meant to keep, or its time was over.
 */
function endOf(machine: ArmMachine): Ended | undefined {
  const { provisioningState, instanceView } = machine.properties ?? {}
  if (provisioningState === 'Failed') {
    const failed = instanceView?.statuses?.find(({ code }) => /^ProvisioningState\/failed/i.test(code ?? ''))
    const code = failed?.code?.split('/')[2] ?? 'Failed'
    return {
      kind: 'failed-precondition',
      code,
      text: failed?.message?.trim() || 'Azure could not make the machine',
    }
  }
  switch (powerOf(machine)) {
    case 'stopped':
      return {
        kind: 'unavailable',
        code: 'PowerState/stopped',
        text: 'the machine was switched off, by itself or by somebody, and is billed as before',
      }
    case 'deallocated':
    case 'deallocating':
      return {
        kind: 'cancelled',
        code: 'PowerState/deallocated',
        text: 'the machine was deallocated, by somebody or because its time was over, and its disk is still billed',
      }
    default:
      return undefined
  }
}
