import { identityPattern, type Identity } from './identity.ts'

/** Who owns a machine until when. It travels as tags on everything created, in the call that creates it. */
export interface Lease {
  readonly identity: Identity
  /** Shared by all launches of one run, without the attempt. */
  readonly run: Identity
  /** Repository, organisation or group, as the forge names it: `github.com/org/repo`. */
  readonly scope: string
  readonly owner: string
  /** The runner's name, by which people know the launch. */
  readonly name: string
  /** Unix seconds by which its runner should be online: the end of `launch-timeout`. */
  readonly dueAt: number
  /** Chance text of the process that launches: two tries of one launch, started in one second, differ in nothing else. */
  readonly nonce?: string
  /** Unix seconds: the hard end of the machine. */
  readonly expiresAt: number
}

/** What a listing goes by: everything of one launch, of one run, or of a whole scope. */
export type LeaseQuery =
  { readonly identity: Identity } | { readonly run: Identity } | { readonly scope: string }

/** Tag keys, legal as AWS tags, Azure tags, GCP labels and Kubernetes labels alike. */
export const leaseTags = {
  managedBy: 'managed-by',
  identity: 'cml-runner-identity',
  run: 'cml-runner-run',
  scope: 'cml-runner-scope',
  owner: 'cml-runner-owner',
  name: 'cml-runner-name',
  dueAt: 'cml-runner-due-at',
  nonce: 'cml-runner-nonce',
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
    [leaseTags.name]: lease.name,
    [leaseTags.dueAt]: String(lease.dueAt),
    ...(lease.nonce === undefined ? {} : { [leaseTags.nonce]: lease.nonce }),
    [leaseTags.expiresAt]: String(lease.expiresAt),
  }
}

/** Were both leases given by one process? Two tries of one launch have one identity, and each its own nonce and times. */
export function sameTry(one: Lease, other: Lease): boolean {
  return one.nonce === other.nonce && one.dueAt === other.dueAt && one.expiresAt === other.expiresAt
}

/** As a part of a label, too. */
export const noncePattern = /^[a-z0-9]{6}$/

/** The tag that a query goes by, and its value. */
export function tagOf(query: LeaseQuery): readonly [key: string, value: string] {
  if ('identity' in query) return [leaseTags.identity, query.identity]
  return 'run' in query ? [leaseTags.run, query.run] : [leaseTags.scope, query.scope]
}

/** Undefined when the tags are not ours or not whole. */
export function leaseFromTags(tags: Readonly<Record<string, string>>): Lease | undefined {
  const identity = tags[leaseTags.identity]
  // Ten digits, as they will be until 2286: one that was cut would be an end long ago.
  const seconds = (text: string | undefined): number | undefined =>
    text !== undefined && /^[1-9]\d{9}$/.test(text) ? Number(text) : undefined
  const expiresAt = seconds(tags[leaseTags.expiresAt])
  const ours = tags[leaseTags.managedBy] === managedBy
  if (!ours || !identity || !identityPattern.test(identity) || expiresAt === undefined) return undefined
  const nonce = tags[leaseTags.nonce]
  return {
    identity,
    run: tags[leaseTags.run] ?? '',
    scope: tags[leaseTags.scope] ?? '',
    owner: tags[leaseTags.owner] ?? '',
    name: tags[leaseTags.name] || `cml-${identity}`,
    // A machine that does not tell is given all its time.
    dueAt: seconds(tags[leaseTags.dueAt]) ?? expiresAt,
    ...(nonce !== undefined && noncePattern.test(nonce) ? { nonce } : {}),
    expiresAt,
  }
}
