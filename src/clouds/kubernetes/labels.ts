import { leaseKeys, leaseTags, leaseToText } from '../../model/lease.ts'
import { quote } from '../../options/problem.ts'
import type { CreateOrder } from '../cloud.ts'

/** Where the whole lease stands. */
export const leaseKey = 'cml-runner-lease'
/** What was asked for, in the notation of `cloud-type`. */
export const typeKey = 'cml-runner-type'

const namePattern = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/
const prefixPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const own: ReadonlySet<string> = new Set([...Object.values(leaseTags), leaseKey, typeKey])
/** Of all annotations of an object: 256 KiB. Ours, and what others add, need a part of it. */
const mostBytes = 128 * 1024

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
export function isLabelKey(key: string): boolean {
  const [name = '', prefix, ...more] = key.split('/').toReversed()
  const fits = prefix === undefined || (prefix.length <= 253 && prefixPattern.test(prefix))
  return more.length === 0 && fits && namePattern.test(name)
}

export function isLabelValue(value: string): boolean {
  return value === '' || namePattern.test(value)
}

/** Problems of `cloud-metadata` as annotations: each a sentence. Nothing is ever shortened or replaced. */
export function checkMetadata(metadata: Readonly<Record<string, string>>): readonly string[] {
  const bytes = Object.entries(metadata).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  )
  const problems = Object.keys(metadata).flatMap((key) => {
    const name = `cloud-metadata: the key ${quote(key)}`
    if (own.has(key))
      return [`${name} is one of those by which this program finds its machines; use another.`]
    if (/(^|\.)(kubernetes|k8s)\.io\//.test(key))
      return [`${name} is kept by Kubernetes for itself; use another.`]
    return isLabelKey(key)
      ? []
      : [
          `${name} is not one that Kubernetes takes; valid: up to 63 letters, digits, -, _ and ., with a letter or digit at both ends, after an optional domain and a slash.`,
        ]
  })
  return bytes > mostBytes
    ? [...problems, `cloud-metadata: ${bytes} bytes were given; there is room for ${mostBytes}.`]
    : problems
}

/** What Job, pod and Secret carry to be found by: what can be a label of the user's words, too. */
export function labelsOf({ lease, request }: Pick<CreateOrder, 'lease' | 'request'>): Record<string, string> {
  const fitting = Object.entries(request.metadata).filter(([, value]) => isLabelValue(value))
  return { ...Object.fromEntries(fitting), ...leaseKeys(lease) }
}

export function annotationsOf(
  { lease, request }: Pick<CreateOrder, 'lease' | 'request'>,
  type: string,
): Record<string, string> {
  return { ...request.metadata, [leaseKey]: leaseToText(lease), [typeKey]: type }
}
