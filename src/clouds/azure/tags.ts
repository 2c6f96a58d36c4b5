import { leaseTags, leaseToTags, type Lease } from '../../model/lease.ts'
import { quote } from '../../options/problem.ts'

/** A resource carries at most 50 tags; ours are among them. https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources */
const mostTags = 50
const ownTags: ReadonlySet<string> = new Set(Object.values(leaseTags))

/** Problems of `cloud-metadata` as tags: each a sentence. Nothing is ever shortened or replaced. */
export function checkMetadata(metadata: Readonly<Record<string, string>>): string[] {
  const entries = Object.entries(metadata)
  const problems = entries.flatMap(([key, value]) => [...checkKey(key), ...checkValue(key, value)])
  const lower = entries.map(([key]) => key.toLowerCase())
  const twice = lower.filter((key, index) => lower.indexOf(key) !== index)
  const room = mostTags - ownTags.size
  return [
    ...problems,
    ...twice.map(
      (key) =>
        `cloud-metadata: the tag ${quote(key)} was given twice; Azure takes big and small letters of a name for the same.`,
    ),
    ...(entries.length > room
      ? [`cloud-metadata: ${entries.length} tags were given; there is room for ${room}.`]
      : []),
  ]
}

function checkKey(key: string): string[] {
  const name = `cloud-metadata: the tag ${quote(key)}`
  if (ownTags.has(key.toLowerCase()))
    return [`${name} is one of those by which this program finds its machines; use another.`]
  if (/^(microsoft|azure|windows)/i.test(key))
    return [`${name} begins with a word that Azure keeps to itself (microsoft, azure, windows).`]
  // Resources of the network take less than others.
  return key.length > 0 && key.length <= 512 && !/[<>%&\\?/]/.test(key)
    ? []
    : [`${name} is not one that Azure takes; valid: up to 512 characters without < > % & \\ ? and /.`]
}

function checkValue(key: string, value: string): string[] {
  return value.length <= 256
    ? []
    : [`cloud-metadata: the value of tag ${quote(key)} has ${value.length} characters; Azure takes 256.`]
}

/** Everything that a machine, its parts and its group carry. */
export function tagsOf(lease: Lease, metadata: Readonly<Record<string, string>>): Record<string, string> {
  return { ...metadata, ...leaseToTags(lease) }
}

/** Azure may give the names of tags back in other letters. Policies add tags of their own, so others are nothing strange. */
export function plainTags(tags: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(tags ?? {}).map(([key, value]) => [key.toLowerCase(), value]))
}
