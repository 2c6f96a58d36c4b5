import type { CloudPromises } from '../promises.ts'
import { ending, ground } from './endings.ts'
import { limits } from './limits.ts'
import { awsMeanings } from './options.ts'
import { listedRegions } from './price.ts'
import { asOf, source } from './price-list.ts'

export const promises: CloudPromises = {
  limits,
  made: 'one call (`RunInstances`) makes all of it',
  empty: 'in the answer to that call',
  spot: 'yes, with a ceiling (`cloud-spot-price`)',
  powerOff: ground.powerOff,
  ending,
  notice: 'two minutes before a spot machine is taken; often a rebalance recommendation before that',
  price: `spot: of EC2 itself, at that moment; on demand: ${source} of ${asOf}, for ${listedRegions.join(', ')}`,
  identity: 'none',
  permissionSet: awsMeanings['cloud-permission-set'] ?? '',
  login: 'a role by OIDC of GitHub or GitLab',
  memory: 'for about an hour, with the reason',
}
