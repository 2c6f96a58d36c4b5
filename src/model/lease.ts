import { digest, identityPattern, type Identity } from './identity.ts'

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
  /**
   * Chance text of the process that launches: nobody else can guess it, and two tries of one launch differ in it. A lease that was read has its
   * seal instead: see `sealOf`.
   */
  readonly nonce: string
  /** Unix seconds: the hard end of the machine. */
  readonly expiresAt: number
}

/**
 * What a listing goes by: everything of one launch, of one run, or of a whole scope. `roughly`: to count by, so a machine of another process may stand in it as
 * one that runs although it does not, and need not be looked at by itself.
 */
export type LeaseQuery =
  | { readonly identity: Identity }
  | { readonly run: Identity; readonly roughly?: boolean }
  | { readonly scope: string }

/** Tag keys, legal in every cloud's tags or labels alike. */
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
    [leaseTags.nonce]: sealed(lease).nonce,
    [leaseTags.expiresAt]: String(lease.expiresAt),
  }
}

/** The lease as its tags say it, and as it is read back. */
export function sealed(lease: Lease): Lease {
  return { ...lease, nonce: sealOf(lease.nonce) }
}

const sealPattern = /^s-[a-z2-7]{20}$/

/**
 * What tags say of a nonce: enough to know it again on a label, and nothing to make a label of. Whoever may read tags in the account, as every
 * team that launches there, could else register a runner in the place of the machine's own. The seal of a seal is itself.
 */
export function sealOf(nonce: string): string {
  return sealPattern.test(nonce) ? nonce : `s-${digest([nonce])}`
}

/** The tag that a query goes by, and its value. */
export function tagOf(query: LeaseQuery): readonly [key: string, value: string] {
  if ('identity' in query) return [leaseTags.identity, query.identity]
  return 'run' in query ? [leaseTags.run, query.run] : [leaseTags.scope, query.scope]
}

/**
 * What a machine is searched by where values must be short and plain (63 of a-z, 0-9 and dashes at most): as `leaseToTags`, with a digest for the scope.
 * The rest of the lease travels as `leaseToText`.
 */
export function leaseKeys(lease: Lease): Record<string, string> {
  const { identity, run, scope, dueAt, nonce, expiresAt } = leaseTags
  const tags = leaseToTags(lease)
  const plain = [leaseTags.managedBy, identity, run, dueAt, nonce, expiresAt].map((key) => [key, tags[key]!])
  return { ...(Object.fromEntries(plain) as Record<string, string>), [scope]: digest([lease.scope]) }
}

/** The key that a query goes by there, and its value. */
export function keyOf(query: LeaseQuery): readonly [key: string, value: string] {
  return 'scope' in query ? [leaseTags.scope, digest([query.scope])] : tagOf(query)
}

/** Characters; a scope, an owner and a name have a few hundred at most. */
const longestText = 8_192

/** The whole lease in one text, for metadata and annotations. */
export function leaseToText(lease: Lease): string {
  return JSON.stringify(leaseToTags(lease))
}

/** What such a text says of a lease. One of ours that cannot be read is damaged in every part. */
export function leaseFromText(text: string): ReadLease {
  return readLease({ [leaseTags.managedBy]: managedBy, ...textsIn(text) })
}

function textsIn(text: string): Readonly<Record<string, string>> {
  try {
    const told: unknown = text.length > longestText ? undefined : JSON.parse(text)
    const entries = Object.entries(typeof told === 'object' && told !== null ? told : {})
    return Object.fromEntries(
      entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    )
  } catch {
    return {}
  }
}

/** What tags say of a lease: nothing when they are not ours at all. */
export interface ReadLease {
  readonly lease?: Lease
  readonly damage?: Damage
}

/** Tags of ours that are no whole lease: whose the machine is, they cannot say. */
export interface Damage {
  /** As the tags say it, whole or not. */
  readonly identity: string
  readonly name: string
  /** Keys of the tags that are missing or not as this program writes them. */
  readonly wrong: readonly string[]
}

const identity = (text: string): boolean => identityPattern.test(text)
const anything = (text: string): boolean => text !== ''
// Ten digits, as they will be until 2286: one that was cut would be an end long ago.
const seconds = (text: string): boolean => /^[1-9]\d{9}$/.test(text)

/** All that this program writes; who asked is the one thing that nothing depends on. */
const whole: readonly (readonly [key: string, isRight: (text: string) => boolean])[] = [
  [leaseTags.identity, identity],
  [leaseTags.run, identity],
  [leaseTags.scope, anything],
  [leaseTags.name, anything],
  [leaseTags.dueAt, seconds],
  [leaseTags.nonce, (text) => sealPattern.test(text)],
  [leaseTags.expiresAt, seconds],
]

/** A lease is whole or none: no part of it is ever guessed. */
export function readLease(tags: Readonly<Record<string, string>>): ReadLease {
  if (tags[leaseTags.managedBy] !== managedBy) return {}
  const text = (key: string): string => tags[key] ?? ''
  const wrong = whole.filter(([key, isRight]) => !isRight(text(key))).map(([key]) => key)
  const [name, launch] = [text(leaseTags.name), text(leaseTags.identity)]
  if (wrong.length > 0) return { damage: { identity: launch, name, wrong } }
  return {
    lease: {
      identity: launch,
      run: text(leaseTags.run),
      scope: text(leaseTags.scope),
      owner: text(leaseTags.owner),
      name,
      dueAt: Number(text(leaseTags.dueAt)),
      nonce: text(leaseTags.nonce),
      expiresAt: Number(text(leaseTags.expiresAt)),
    },
  }
}
