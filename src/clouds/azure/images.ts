import { quote } from '../../options/problem.ts'
import { complain, type Findings } from '../findings.ts'

/** What the user's word for an image means; nothing is read yet. */
export type ImageWord =
  | { readonly kind: 'default' }
  | { readonly kind: 'urn'; readonly word: string; readonly urn: Urn }
  | { readonly kind: 'id'; readonly word: string }

/** `publisher:offer:sku:version` */
export interface Urn {
  readonly publisher: string
  readonly offer: string
  readonly sku: string
  readonly version: string
}

const part = /^[\w.-]{1,100}$/
const idPattern =
  /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[\w.()-]{1,90}\/providers\/Microsoft\.Compute\/(images\/[\w.-]+|galleries\/[\w.]+\/images\/[\w.-]+(\/versions\/[\w.]+)?)$/i

export function parseUrn(word: string): Urn | undefined {
  const parts = word.split(':')
  const [publisher = '', offer = '', sku = '', version = ''] = parts
  return parts.length === 4 && parts.every((text) => part.test(text))
    ? { publisher, offer, sku, version }
    : undefined
}

/** Undefined for a word that is no image, which is then a problem. */
export function parseImage(word: string | undefined, findings: Findings): ImageWord | undefined {
  if (word === undefined) return { kind: 'default' }
  const urn = parseUrn(word)
  if (urn) return { kind: 'urn', word, urn }
  if (idPattern.test(word)) return { kind: 'id', word }
  complain(
    findings,
    'cloud-image',
    word,
    `${quote(word, 120)} is not an image of Azure; valid: publisher:offer:sku:version, or the id of an image or of one in a gallery.`,
  )
  return undefined
}
