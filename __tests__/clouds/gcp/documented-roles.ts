import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const script = readFileSync(join(import.meta.dirname, '../../../docs/gcp-role.sh'), 'utf8')

/** What the script gives an account on the project. */
export function given(role: 'launcher' | 'machine' | 'sweeper'): readonly string[] {
  const [, list = ''] = new RegExp(`^${role}=\\(([^)]*)\\)`, 'm').exec(script) ?? []
  return list.split(/\s+/).filter(Boolean).sort()
}

/** What everybody may with images that are public, and what the script's line for the machine's account lets the launcher do on that alone. */
export const besideTheProject = [
  'iam.serviceAccounts.actAs',
  'compute.images.useReadOnly',
  'compute.images.get',
  'compute.images.getFromFamily',
]

/** What CML's page lists for a role, whole: https://cml.dev/doc/ref/runner, "Common Permissions". */
export const pagesRole: readonly string[] = [
  ...['compute.diskTypes.get', 'compute.disks.create', 'compute.firewalls.create'],
  ...['compute.firewalls.delete', 'compute.globalOperations.get', 'compute.instances.create'],
  ...['compute.instances.delete', 'compute.instances.get', 'compute.instances.list'],
  ...['compute.instances.setMetadata', 'compute.instances.setServiceAccount', 'compute.instances.setTags'],
  ...['compute.machineTypes.get', 'compute.networks.create', 'compute.networks.get'],
  ...['compute.networks.updatePolicy', 'compute.subnetworks.use', 'compute.subnetworks.useExternalIp'],
  ...['compute.zoneOperations.get', 'compute.zones.get', 'compute.zones.list', 'iam.serviceAccounts.actAs'],
]
