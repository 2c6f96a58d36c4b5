import type { Meanings } from '../../options/catalogue.ts'
import { option } from '../../options/option.ts'

export const awsOptions = {
  'cloud-aws-security-group': option({
    kind: 'list',
    description:
      'Security groups by name (looked up in the VPC of the subnet) or id (`sg-…`); a machine gets all of them. The default group of the VPC when absent; none is created and no port is opened.',
  }),
  'cloud-aws-subnet': option({
    kind: 'list',
    aliases: ['cloud-aws-subnet-id'],
    description: 'Subnet ids (`subnet-…`), each a place to try in order. A default subnet when absent.',
  }),
} as const

/** What every cloud's options are in EC2's words. */
export const awsMeanings: Meanings = {
  'cloud-region': '`us-west` when absent.',
  'cloud-hdd-type': '`gp3` (when absent), `gp2`, `io1`, `io2`, `standard`.',
  'cloud-hdd-iops': '`gp3`, and needed with `io1` and `io2`.',
  'cloud-hdd-throughput': '`gp3`, 125 when absent.',
  'cloud-permission-set': 'the ARN of an instance profile.',
  'cloud-image': '`ami-…`, or `owner/name` with an account id or alias as owner.',
}
