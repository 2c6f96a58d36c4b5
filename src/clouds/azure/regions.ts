import { quote } from '../../options/problem.ts'
import type { RegionWords } from '../cloud.ts'
import { readRegionWords } from '../findings.ts'
import { genericRegions } from './catalogue.ts'

/** Where machines may be asked for, for one of the user's words. */
export interface Location {
  readonly region: string
  /** `1`: the zone was named itself. */
  readonly zone?: string
}

/** Directions and words in the names of all regions; a typing mistake is told at once, without asking anybody. */
const regionPattern =
  /^(?:us(?:gov|dod)?|brazil|canada|chile|mexico|europe|north|south|east|west|central|uk|france|germany|switzerland|norway|sweden|poland|italy|spain|israel|qatar|uae|india|jio|japan|korea|australia|asia|china|indonesia|malaysia|newzealand|taiwan|austria|belgium|denmark|finland|greece|saudiarabia|southafrica|africa|se|arizona|texas|virginia|iowa)+\d?$/

/** Generic or native; undefined when the word can be neither. Whether a native one exists, the service tells. */
export function parseRegion(word: string): Location | undefined {
  const lower = word.toLowerCase().replaceAll(' ', '')
  if (Object.hasOwn(genericRegions, lower)) return { region: genericRegions[lower]! }
  const [, region = '', zone] = /^([a-z0-9]+?)(?:-([1-9]))?$/.exec(lower) ?? []
  if (!isRegion(region)) return undefined
  return zone === undefined ? { region } : { region, zone }
}

/** A region itself, no zone of it. */
export function isRegion(text: string): boolean {
  return text.length >= 6 && regionPattern.test(text)
}

/** As answers name it, `West US 2` too. */
export function plainRegion(text: string | undefined): string {
  return (text ?? '').toLowerCase().replaceAll(' ', '')
}

export function explainRegion(word: string): string {
  return `${quote(word)} is neither ${Object.keys(genericRegions).join(', ')} nor a region or zone of Azure such as westus2 or westus2-1.`
}

/** Where machines are launched and looked for when nobody says. */
export const firstWords: readonly string[] = ['us-west']

/** Native region names of the words, each once, in order; of none, where this cloud looks first. */
export function regionsOf(words: readonly string[]): RegionWords {
  return readRegionWords(words, firstWords, (word) => parseRegion(word)?.region, explainRegion)
}
