import { createHash } from 'node:crypto'

/** Name of one launch: 20 characters of lowercase base32, legal in every cloud's and forge's names. */
export type Identity = string

/** What a host knows of the place a launch is asked from. All of it is plain text that both main and post can read. */
export interface Origin {
  /** `github`, `gitlab` or `terminal`. */
  readonly host: string
  /** Run or pipeline id; random outside CI. */
  readonly run: string
  /** Attempt of that run, `1` where the host has none. */
  readonly attempt: string
  /** What tells two jobs of one run apart (contract: `CI_JOB_ID`, a job GUID, or job key and matrix index). */
  readonly job: string
  /** What tells two steps of one job apart. */
  readonly step: string
  /** Who asked, for the `owner` tag: actor or user name. */
  readonly owner: string
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
export const identityPattern = /^[a-z2-7]{20}$/

/** Identity of one launch: the same inputs give the same identity in main, post and a retried process. */
export function identityOf(origin: Origin, scope: string, name: string | undefined, index = 0): Identity {
  const { host, run, attempt, job, step } = origin
  return digest([host, scope, run, attempt, job, step, name ?? '', String(index)])
}

/** Key shared by every launch of one run, whatever its attempt: what `stop` works on. */
export function runOf(origin: Origin, scope: string): Identity {
  return digest([origin.host, scope, origin.run])
}

/** First 100 bits of the SHA-256 of the parts; the separator keeps ["a","bc"] and ["ab","c"] apart. */
export function digest(parts: readonly string[]): string {
  const hash = createHash('sha256')
    .update(parts.map((part) => `${part.length}:${part}`).join('\n'))
    .digest()
  const bits = [...hash.subarray(0, 13)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return Array.from(
    { length: 20 },
    (_, index) => alphabet[parseInt(bits.slice(index * 5, index * 5 + 5), 2)],
  ).join('')
}
