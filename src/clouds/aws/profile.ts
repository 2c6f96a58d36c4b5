import { quote } from '../../options/problem.ts'

const profilePattern = /^arn:aws[a-z-]*:iam::\d{12}:instance-profile\/[\w+=,.@/-]+$/

/** Problems of `cloud-permission-set`, which on AWS is the ARN of an instance profile. */
export function checkProfile(permissionSet: string | undefined, partition: string): string[] {
  if (permissionSet === undefined) return []
  if (profilePattern.test(permissionSet)) return checkPartition(permissionSet, partition)
  const valid = 'valid: arn:aws:iam::123456789012:instance-profile/NAME, with an account number of 12 digits.'
  if (/:role\//.test(permissionSet)) {
    return [
      `cloud-permission-set: ${quote(permissionSet, 120)} is a role, and machines take instance profiles; ${valid}`,
    ]
  }
  return [
    `cloud-permission-set: ${quote(permissionSet, 120)} is not the ARN of an instance profile; ${valid}`,
  ]
}

function checkPartition(permissionSet: string, partition: string): string[] {
  if (permissionSet.startsWith(`arn:${partition}:`)) return []
  return [
    `cloud-permission-set: ${quote(permissionSet, 120)} is of another partition than the region, whose ARNs begin with arn:${partition}:.`,
  ]
}
