import { quote } from '../../options/problem.ts'
import { leaseTags, leaseToTags } from '../../model/lease.ts'
import type { CreateOrder } from '../cloud.ts'

/** A resource carries at most 50 tags; ours and `Name` are among them. */
const mostTags = 50
const ownTags: ReadonlySet<string> = new Set(Object.values(leaseTags))
/** What every AWS service accepts: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */
const tagPattern = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

/** Problems of `cloud-metadata` as tags: each a sentence. Nothing is ever shortened or replaced. */
export function checkMetadata(metadata: Readonly<Record<string, string>>): string[] {
  const entries = Object.entries(metadata)
  const problems = entries.flatMap(([key, value]) => [...checkKey(key), ...checkValue(key, value)])
  const room = mostTags - ownTags.size - 1
  return entries.length > room
    ? [...problems, `cloud-metadata: ${entries.length} tags were given; there is room for ${room}.`]
    : problems
}

function checkKey(key: string): string[] {
  const name = `cloud-metadata: the tag key ${quote(key)}`
  if (key.length === 0 || key.length > 128) return [`${name} has ${key.length} characters; valid: 1 to 128.`]
  if (/^aws:/i.test(key)) return [`${name} begins with aws:, which AWS keeps for itself.`]
  if (ownTags.has(key))
    return [`${name} is one of those by which this program finds its machines; use another.`]
  return tagPattern.test(key) ? [] : [`${name} has characters that tags cannot have; ${validCharacters}`]
}

function checkValue(key: string, value: string): string[] {
  const name = `cloud-metadata: the value ${quote(value)} of tag ${quote(key)}`
  if (value.length > 256) return [`${name} has ${value.length} characters; valid: at most 256.`]
  return tagPattern.test(value) ? [] : [`${name} has characters that tags cannot have; ${validCharacters}`]
}

const validCharacters = 'valid: letters, digits, spaces and _ . : / = + - @.'

export interface AwsTag {
  readonly Key: string
  readonly Value: string
}

/** Everything a machine and its parts carry. A `Name` among the user's own tags wins over ours. */
export function tagsOf({ lease, request }: CreateOrder): AwsTag[] {
  const tags = { Name: lease.name, ...request.metadata, ...leaseToTags(lease) }
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

/** EC2's filters know `*`, `?` and `\`; a value is meant as it stands. */
export function escapeFilter(value: string): string {
  return value.replace(/[\\*?]/g, (character) => `\\${character}`)
}
