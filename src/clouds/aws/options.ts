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
