import { quote } from '../../options/problem.ts'
import type { RegionWords } from '../cloud.ts'
import { readRegionWords } from '../findings.ts'

/** The words that every cloud knows. A cluster stands where it stands: they mean the namespace of the context. */
export const genericRegions = ['us-east', 'us-west', 'eu-west', 'eu-north'] as const

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names */
const namespacePattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

/** Namespaces are regions here. Whether there is one, the API tells. */
export function isRegion(text: string): boolean {
  return namespacePattern.test(text)
}

/** Undefined for what can be no namespace. */
export function namespaceOf(word: string, usual: string): string | undefined {
  if ((genericRegions as readonly string[]).includes(word.toLowerCase())) return usual
  return isRegion(word) ? word : undefined
}

export function explainRegion(word: string): string {
  return `${quote(word)} is neither ${genericRegions.join(', ')} (each of which is the namespace of the context) nor a namespace: up to 63 small letters, digits and -.`
}

/** Namespaces of the words, each once, in order; of none, that of the context. */
export function regionsOf(words: readonly string[], usual: string): RegionWords {
  return readRegionWords(words, [usual], (word) => namespaceOf(word, usual), explainRegion)
}
