import type { MachineRequest } from '../clouds/cloud.ts'
import type { Values } from '../options/catalogue.ts'

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
    diskGb: values['cloud-hdd-size'],
    disk: diskOf(values),
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

function diskOf(values: Values): NonNullable<MachineRequest['disk']> {
  const { 'cloud-hdd-type': type, 'cloud-hdd-iops': iops, 'cloud-hdd-throughput': throughput } = values
  return {
    ...(type === undefined ? {} : { type }),
    ...(iops === undefined ? {} : { iops }),
    ...(throughput === undefined ? {} : { throughput }),
  }
}
