import type { MachineRequest } from '../cloud.ts'

export interface Permission {
  /** As IAM spells it. */
  readonly name: string
  /** As people read it: `compute.zones.list (optional)`. */
  readonly text: string
  /** A launch goes on without it. */
  readonly optional?: true
  /** It is held on something else than the project, so that the project cannot be asked about it. */
  readonly elsewhere?: true
}

const needed = (name: string, note?: string): Permission => ({
  name,
  text: note === undefined ? name : `${name} (${note})`,
})

const optional = (name: string): Permission => ({ ...needed(name, 'optional'), optional: true })

const elsewhere = (name: string, note: string): Permission => ({ ...needed(name, note), elsewhere: true })

/** What a launch needs of its credentials. */
export function permissionsFor(request: MachineRequest, subnets: readonly string[]): readonly Permission[] {
  const shared = subnets.some((word) => word.includes('projects/'))
  const onSubnet = (name: string): Permission =>
    shared ? elsewhere(name, 'on the subnets, in the project that shares them') : needed(name)
  const optionalOnSubnet = (name: string): Permission =>
    shared ? { ...elsewhere(name, 'optional, on the subnets'), optional: true } : optional(name)
  return [
    needed('compute.instances.create'),
    needed('compute.instances.setLabels'),
    needed('compute.instances.setMetadata'),
    needed('compute.instances.get'),
    needed('compute.instances.list'),
    needed('compute.instances.delete'),
    needed('compute.disks.create'),
    ...(Object.keys(request.metadata).length > 0 ? [needed('compute.disks.setLabels')] : []),
    onSubnet('compute.subnetworks.use'),
    ...(request.publicAddress === 'never' ? [] : [onSubnet('compute.subnetworks.useExternalIp')]),
    needed('compute.zoneOperations.get'),
    ...(request.permissionSet
      ? [
          needed('compute.instances.setServiceAccount'),
          elsewhere('iam.serviceAccounts.actAs', 'on the service account'),
        ]
      : []),
    ...(request.image === undefined
      ? []
      : [elsewhere('compute.images.useReadOnly', 'on the image, in its project')]),
    ...(subnets.length > 0 ? [optionalOnSubnet('compute.subnetworks.get')] : []),
    optional('compute.zones.list'),
    optional('compute.regionOperations.get'),
    optional('compute.zoneOperations.list'),
    optional('compute.instances.getSerialPortOutput'),
  ]
}
