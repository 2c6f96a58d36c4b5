import type { Identity } from './identity.ts'

/** Who owns a machine until when. It travels as tags on everything created, in the call that creates it. */
export interface Lease {
  readonly identity: Identity
  /** Shared by all launches of one run, without the attempt. */
  readonly run: Identity
  /** Repository, organisation or group, as the forge names it: `github.com/org/repo`. */
  readonly scope: string
  readonly owner: string
  /** Unix seconds: the hard end of the machine. */
  readonly expiresAt: number
}

/** Tag keys, legal as AWS tags, Azure tags, GCP labels and Kubernetes labels alike. */
export const leaseTags = {
  managedBy: 'managed-by',
  identity: 'cml-runner-identity',
  run: 'cml-runner-run',
  scope: 'cml-runner-scope',
  owner: 'cml-runner-owner',
  expiresAt: 'cml-runner-expires-at',
} as const

/** Value of the `managed-by` tag: how a sweep knows what is ours. */
export const managedBy = 'cml-runner'

export function leaseToTags(lease: Lease): Record<string, string> {
  return {
    [leaseTags.managedBy]: managedBy,
    [leaseTags.identity]: lease.identity,
    [leaseTags.run]: lease.run,
    [leaseTags.scope]: lease.scope,
    [leaseTags.owner]: lease.owner,
    [leaseTags.expiresAt]: String(lease.expiresAt),
  }
}

/** Undefined when the tags are not ours or not whole. */
export function leaseFromTags(tags: Readonly<Record<string, string>>): Lease | undefined {
  const identity = tags[leaseTags.identity]
  const expiresAt = Number(tags[leaseTags.expiresAt])
  if (tags[leaseTags.managedBy] !== managedBy || !identity || !Number.isFinite(expiresAt)) return undefined
  return {
    identity,
    run: tags[leaseTags.run] ?? '',
    scope: tags[leaseTags.scope] ?? '',
    owner: tags[leaseTags.owner] ?? '',
    expiresAt,
  }
}
