import type { CloudPromises } from '../promises.ts'
import { shortLife, withIdentity, withoutIdentity } from './endings.ts'
import { groundAt } from './farewell.ts'
import { limits } from './limits.ts'
import { azureMeanings } from './options.ts'
import { asOf, regions, source } from './price-list.ts'

export const promises: CloudPromises = {
  limits,
  made: 'one call (`PUT virtualMachines`) in a group that you name, three without: group and network before it. The order for its end follows',
  empty: 'in the answer to that call, or later in its operation',
  spot: 'yes, with a ceiling (`cloud-spot-price`)',
  powerOff: groundAt('https://management.azure.com', undefined).powerOff,
  ending: withIdentity,
  without: withoutIdentity('no identity', shortLife),
  shortLife,
  notice: 'about 30 s before an eviction',
  price: `on demand: ${source} of ${asOf}, for ${Object.keys(regions).length} regions; spot is not known`,
  identity: 'a user-assigned identity that may remove it, and a resource group that you name',
  permissionSet: azureMeanings['cloud-permission-set'] ?? '',
  login: 'federated credentials of GitHub or GitLab, or a secret',
  memory: 'nothing',
}
