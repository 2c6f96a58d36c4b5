import type { CloudPromises } from '../promises.ts'
import { withAccount, withoutAccount } from './endings.ts'
import { groundAt } from './farewell.ts'
import { limits } from './limits.ts'
import { gcpMeanings } from './options.ts'
import { asOf, regions, source } from './price-list.ts'

export const promises: CloudPromises = {
  limits,
  made: 'one call (`instances.insert`, or `bulkInsert` where a whole region is tried) makes all of it',
  empty: 'in the operation of that call, mostly within seconds',
  spot: 'yes, without a ceiling',
  powerOff: groundAt('https://compute.googleapis.com/compute/v1').powerOff,
  ending: withAccount,
  without: withoutAccount,
  notice: '30 s before a preemption; up to an hour before maintenance that ends it',
  price: `spot and on demand: ${source} of ${asOf}, for ${Object.keys(regions).length} regions; attached GPUs are not in it`,
  identity: 'a service account that may delete it',
  permissionSet: gcpMeanings['cloud-permission-set'] ?? '',
  login: 'workload identity federation of GitHub or GitLab, or a key',
  memory: 'its operations tell why it ended',
}
