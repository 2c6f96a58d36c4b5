import type { Meanings } from '../../options/catalogue.ts'
import { option } from '../../options/option.ts'

export const azureOptions = {
  'cloud-azure-subnet': option({
    kind: 'list',
    description:
      'Subnets, each a place to try in order: `GROUP/NETWORK/SUBNET`, or the whole id. When absent, one of the resource group that is named; else every machine gets a network of its own.',
  }),
  'cloud-azure-resource-group': option({
    kind: 'text',
    description:
      'Resource group that machines are made in. When absent, that of the subnet; else every machine gets a group of its own, which is removed with it.',
  }),
} as const

/** What every cloud's options are in Azure's words. */
export const azureMeanings: Meanings = {
  'max-lifetime': '`14d` at most; when absent, `6h` for a machine whose bill nothing else ends.',
  'cloud-region': '`us-west` when absent, which is `westus2`. A zone is named as in `westus2-1`.',
  'cloud-hdd-type':
    '`StandardSSD_LRS` (when absent), `Standard_LRS`, `Premium_LRS`, `StandardSSD_ZRS`, `Premium_ZRS`.',
  'cloud-permission-set':
    'ids of user-assigned identities, separated by commas; by the first one the machine removes itself.',
  'cloud-image': '`publisher:offer:sku:version`, or the id of an image.',
}
