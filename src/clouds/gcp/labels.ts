import { leaseKeys, leaseTags } from '../../model/lease.ts'
import { quote } from '../../options/problem.ts'
import type { CreateOrder } from '../cloud.ts'

/** A resource carries at most 64 labels; ours are among them. https://cloud.google.com/compute/docs/labeling-resources */
const mostLabels = 64
const ownLabels: ReadonlySet<string> = new Set(Object.values(leaseTags))
const keyPattern = /^\p{Ll}[\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u
const valuePattern = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u

/** Problems of `cloud-metadata` as labels: each a sentence. Nothing is ever shortened or replaced. */
export function checkMetadata(metadata: Readonly<Record<string, string>>): string[] {
  const entries = Object.entries(metadata)
  const problems = entries.flatMap(([key, value]) => [...checkKey(key), ...checkValue(key, value)])
  const room = mostLabels - ownLabels.size
  return entries.length > room
    ? [...problems, `cloud-metadata: ${entries.length} labels were given; there is room for ${room}.`]
    : problems
}

function checkKey(key: string): string[] {
  const name = `cloud-metadata: the label ${quote(key)}`
  if (ownLabels.has(key))
    return [`${name} is one of those by which this program finds its machines; use another.`]
  return keyPattern.test(key)
    ? []
    : [
        `${name} is not one that Google Cloud takes; valid: a small letter and then up to 62 small letters, digits, _ and -.`,
      ]
}

function checkValue(key: string, value: string): string[] {
  return valuePattern.test(value)
    ? []
    : [
        `cloud-metadata: the value ${quote(value)} of label ${quote(key)} is not one that Google Cloud takes; valid: up to 63 small letters, digits, _ and -.`,
      ]
}

/** Everything a machine and its disk carry. */
export function labelsOf({ lease, request }: CreateOrder): Record<string, string> {
  return { ...request.metadata, ...leaseKeys(lease) }
}
