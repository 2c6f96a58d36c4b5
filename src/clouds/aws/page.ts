import type { Instance } from '../../model/instance.ts'
import { partitionOf } from './regions.ts'

/** Where the console of a partition is; of the closed ones nothing could be verified. */
const consoles: Readonly<Record<string, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
  'aws-cn': 'console.amazonaws.cn',
}

/** The instance in the EC2 console. */
export function machinePage({ id, region }: Pick<Instance, 'id' | 'region'>): string | undefined {
  const host = consoles[partitionOf(region)]
  return (
    host && `https://${host}/ec2/home?region=${region}#InstanceDetails:instanceId=${encodeURIComponent(id)}`
  )
}
