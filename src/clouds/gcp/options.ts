import type { Meanings } from '../../options/catalogue.ts'
import { option } from '../../options/option.ts'

export const gcpOptions = {
  'cloud-gcp-subnet': option({
    kind: 'list',
    description:
      'Subnets, each a place to try in order: a name, `regions/REGION/subnetworks/NAME`, or of a shared network `projects/HOST-PROJECT/regions/REGION/subnetworks/NAME`. The network `default` when absent; none is created and no port is opened.',
  }),
} as const

/** What every cloud's options are in Compute Engine's words. */
export const gcpMeanings: Meanings = {
  'cloud-region': '`us-west` when absent, which is zone `us-west1-b` first and then the rest of `us-west1`.',
  'cloud-type': 'a GPU is attached as in `n1-standard-4+nvidia-tesla-t4*1`.',
  'cloud-hdd-type':
    '`pd-balanced` (when absent; `hyperdisk-balanced` where a family takes nothing else), `pd-ssd`, `pd-standard`, `pd-extreme`, `hyperdisk-extreme`.',
  'cloud-hdd-iops': '`pd-extreme`, `hyperdisk-balanced`, `hyperdisk-extreme`.',
  'cloud-hdd-throughput': '`hyperdisk-balanced`.',
  'cloud-permission-set':
    'the address of a service account, with access scopes as in `name@project.iam.gserviceaccount.com,scopes=storage-rw,datastore`.',
  'cloud-image': '`project/family`, `project/image`, or a family or image of your own project.',
}
