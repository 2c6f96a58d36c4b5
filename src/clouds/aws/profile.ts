import { quote } from '../../options/problem.ts'

const profilePattern = /^arn:aws[a-z-]*:iam::\d{12}:instance-profile\/[\w+=,.@/-]+$/

/** Problems of `cloud-permission-set`, which on AWS is the ARN of an instance profile. */
export function checkProfile(permissionSet: string | undefined): string[] {
  if (permissionSet === undefined || profilePattern.test(permissionSet)) return []
  const valid = 'valid is arn:aws:iam::123456789012:instance-profile/NAME.'
  if (/:role\//.test(permissionSet)) {
    return [
      `cloud-permission-set: ${quote(permissionSet, 120)} is a role, and machines take instance profiles; ${valid}`,
    ]
  }
  return [
    `cloud-permission-set: ${quote(permissionSet, 120)} is not the ARN of an instance profile; ${valid}`,
  ]
}
