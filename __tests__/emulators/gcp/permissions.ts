import { array, object, text, type JsonObject } from '../cloud/rest.ts'
import { isPublic } from './order.ts'

/** What the caller must be allowed, by the documentation of each method: https://cloud.google.com/compute/docs/reference/rest/v1 */
export function permissionsOf(
  action: string,
  parts: Readonly<Record<string, string>>,
  body: JsonObject = {},
): readonly string[] {
  switch (action) {
    case 'instances.insert':
      return toCreate(body)
    case 'regionInstances.bulkInsert':
      return toCreate(object(body.instanceProperties))
    case 'instances.get':
    case 'instances.delete':
    case 'instances.setMetadata':
    case 'instances.getSerialPortOutput':
      return [`compute.${action}`]
    case 'instances.aggregatedList':
      return ['compute.instances.list']
    case 'instances.testIamPermissions':
      return []
    case 'zoneOperations.wait':
    case 'regionOperations.wait':
      return [`compute.${action.replace('wait', 'get')}`]
    case 'images.get':
    case 'images.getFromFamily':
      return isPublic(`projects/${parts.project}/`) ? [] : [`compute.${action}`]
    default:
      return [`compute.${action}`]
  }
}

function toCreate(body: JsonObject): readonly string[] {
  const [disk] = array(body.disks).map(object)
  const [network] = array(body.networkInterfaces).map(object)
  const image = text(object(disk?.initializeParams).sourceImage) ?? ''
  const has = (value: unknown): boolean => Object.keys(object(value)).length > 0
  return [
    'compute.instances.create',
    'compute.disks.create',
    ...(array(object(body.metadata).items).length > 0 ? ['compute.instances.setMetadata'] : []),
    ...(has(body.labels) ? ['compute.instances.setLabels'] : []),
    ...(has(object(disk?.initializeParams).labels) ? ['compute.disks.setLabels'] : []),
    ...(array(body.serviceAccounts).length > 0
      ? ['compute.instances.setServiceAccount', 'iam.serviceAccounts.actAs']
      : []),
    'compute.subnetworks.use',
    ...(array(network?.accessConfigs).length + array(network?.ipv6AccessConfigs).length > 0
      ? ['compute.subnetworks.useExternalIp']
      : []),
    ...(image === '' || isPublic(image) ? [] : ['compute.images.useReadOnly']),
  ]
}
