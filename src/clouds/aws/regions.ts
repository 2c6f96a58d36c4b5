import { quote } from '../../options/problem.ts'
import type { RegionWords } from '../cloud.ts'
import { readRegionWords } from '../findings.ts'
import { genericRegions } from './catalogue.ts'

/** A region, or one zone of it. */
export interface Location {
  readonly region: string
  readonly zone?: string
}

// Regions: us-east-1, us-gov-west-1, ap-southeast-3. Zones: us-east-1a, and local ones: us-west-2-lax-1a, us-east-1-wl1-bos-wlz-1.
const regionPattern = /^([a-z]{2,4}(?:-[a-z]+)+-\d{1,2})(?:[a-z]|-[a-z0-9-]+)?$/

/** Generic or native; undefined when the word can be neither. Whether a native region exists, EC2 tells. */
export function parseRegion(word: string): Location | undefined {
  const lower = word.toLowerCase()
  const generic = Object.hasOwn(genericRegions, lower) ? genericRegions[lower] : undefined
  if (generic) return { region: generic }
  const region = regionPattern.exec(lower)?.[1]
  if (!region) return undefined
  return region === lower ? { region } : { region, zone: lower }
}

const partitions: readonly (readonly [begins: RegExp, name: string])[] = [
  [/^cn-/, 'aws-cn'],
  [/^us-gov-/, 'aws-us-gov'],
  [/^us-iso-/, 'aws-iso'],
  [/^us-isob-/, 'aws-iso-b'],
  [/^eu-isoe-/, 'aws-iso-e'],
  [/^us-isof-/, 'aws-iso-f'],
  [/^eusc-/, 'aws-eusc'],
]

/**
 * The partition of a region, as ARNs begin: `aws`, `aws-cn`, `aws-us-gov`. Accounts, credentials and images belong to one each. Source: the SDK's
 * own list of partitions (`@aws-sdk/util-endpoints`).
 */
export function partitionOf(region: string): string {
  return partitions.find(([begins]) => begins.test(region))?.[1] ?? 'aws'
}

/** A region itself, no zone of it. */
export function isRegion(text: string): boolean {
  return regionPattern.exec(text)?.[1] === text
}

export function explainRegion(word: string): string {
  return `${quote(word)} is neither ${Object.keys(genericRegions).join(', ')} nor an AWS region or zone such as us-east-1 or us-east-1a.`
}

/** Where machines are launched and looked for when nobody says. */
export const firstWords: readonly string[] = ['us-west']

/** Native region names of the words, each once, in order; of none, where this cloud looks first. */
export function regionsOf(words: readonly string[]): RegionWords {
  return readRegionWords(words, firstWords, (word) => parseRegion(word)?.region, explainRegion)
}
