import { quote } from '../../options/problem.ts'
import type { RegionWords } from '../cloud.ts'
import { readRegionWords } from '../findings.ts'
import { genericRegions } from './catalogue.ts'

/** Where machines may be asked for, for one of the user's words. */
export interface Location {
  readonly region: string
  /** The zone that is tried first. */
  readonly zone?: string
  /** The zone was named itself, and is never left. */
  readonly fixed: boolean
}

// Regions: us-west1, northamerica-northeast1. Zones: us-west1-b.
const regionPattern = /^([a-z]+-[a-z]+\d{1,2})(?:-[a-z])?$/

/** Generic or native; undefined when the word can be neither. Whether a native one exists, the API tells. */
export function parseRegion(word: string): Location | undefined {
  const lower = word.toLowerCase()
  const zone = Object.hasOwn(genericRegions, lower) ? genericRegions[lower] : undefined
  if (zone) return { region: regionOf(zone), zone, fixed: false }
  if (!regionPattern.test(lower)) return undefined
  return isRegion(lower)
    ? { region: lower, fixed: false }
    : { region: regionOf(lower), zone: lower, fixed: true }
}

/** The region of a zone; of a region itself. */
export function regionOf(zone: string): string {
  return regionPattern.exec(zone)?.[1] ?? zone
}

/** A region itself, no zone of it. */
export function isRegion(text: string): boolean {
  return regionPattern.exec(text)?.[1] === text
}

/** The last part of the address by which the API names something: `…/zones/us-west1-b`. */
export function lastPart(address: string | null | undefined): string {
  return address?.split('/').at(-1) ?? ''
}

export function explainRegion(word: string): string {
  return `${quote(word)} is neither ${Object.keys(genericRegions).join(', ')} nor a region or zone of Google Cloud such as us-west1 or us-west1-b.`
}

/** Where machines are launched and looked for when nobody says. */
export const firstWords: readonly string[] = ['us-west']

/** Native region names of the words, each once, in order; of none, where this cloud looks first. */
export function regionsOf(words: readonly string[]): RegionWords {
  return readRegionWords(words, firstWords, (word) => parseRegion(word)?.region, explainRegion)
}
