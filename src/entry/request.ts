import type { MachineRequest } from '../clouds/cloud.ts'
import type { Values } from '../options/catalogue.ts'
import { machineOptions } from '../options/runner-options.ts'

/** What any cloud is asked for, in the user's words. `sources`: the options that somebody has named. */
export function requestOf(
  values: Values,
  sources?: Pick<ReadonlyMap<string, unknown>, 'has'>,
): MachineRequest {
  const { 'cloud-gpu': gpu, 'cloud-image': image, 'cloud-permission-set': permissionSet } = values
  return {
    regions: values['cloud-region'] ?? [],
    types: values['cloud-type'],
    ...(gpu === undefined ? {} : { gpu }),
    ...(image === undefined ? {} : { image }),
    ...disksOf(values),
    spot: values['cloud-spot'],
    spotPrice: values['cloud-spot-price'],
    spotFallback: values['cloud-spot-fallback'],
    ...(permissionSet === undefined ? {} : { permissionSet }),
    metadata: values['cloud-metadata'] ?? {},
    publicAddress: values['cloud-public-address'] as MachineRequest['publicAddress'],
    lifetime: values['max-lifetime'],
    ...(!sources || sources.has('max-lifetime') ? {} : { usualLifetime: true }),
    ssh: values['cloud-ssh-private'] !== undefined,
  }
}

/** What a cloud has that no line is for. */
const usualGb = Number(machineOptions['cloud-hdd-size'].default)

function disksOf(values: Values): Pick<MachineRequest, 'diskGb' | 'disk' | 'diskLines'> {
  const { 'cloud-hdd-type': type, 'cloud-hdd-iops': iops, 'cloud-hdd-throughput': throughput } = values
  const amounts = { size: values['cloud-hdd-size'], iops, throughput }
  const diskLines = Object.fromEntries(
    Object.entries(amounts).filter(([, amount]) => typeof amount === 'string'),
  ) as NonNullable<MachineRequest['diskLines']>
  return {
    diskGb: typeof amounts.size === 'number' ? amounts.size : usualGb,
    disk: {
      ...(type === undefined ? {} : { type }),
      ...(typeof iops === 'number' ? { iops } : {}),
      ...(typeof throughput === 'number' ? { throughput } : {}),
    },
    ...(Object.keys(diskLines).length > 0 ? { diskLines } : {}),
  }
}
