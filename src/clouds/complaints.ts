import { renderDuration } from '../model/duration.ts'
import { failureOf, invalid } from '../options/problem.ts'
import type { Cloud, Complaint, MachineRequest } from './cloud.ts'

/** What each cloud complains of, without the words that another one understands. */
export function shared(complaints: readonly (readonly Complaint[])[]): readonly Complaint[] {
  const isUnderstood = ({ option, word }: Complaint): boolean =>
    word !== undefined &&
    complaints.some((own) => !own.some((other) => other.option === option && other.word === word))
  return complaints.flat().filter((complaint) => !isUnderstood(complaint))
}

/** A life that this cloud grants no machine. */
export function tooLong({ name, limits }: Cloud, { lifetime }: MachineRequest): readonly Complaint[] {
  const { longestLife = Infinity } = limits
  if (lifetime <= longestLife) return []
  const text = `max-lifetime: ${name} lets no machine live longer than ${renderDuration(longestLife)}.`
  return [{ option: 'max-lifetime', text }]
}

/** Throws `invalid-input` that names each, once. */
export function throwAny(complaints: readonly Complaint[]): void {
  const texts = new Set(complaints.map(({ text }) => text))
  if (texts.size > 0) throw failureOf([...texts].map(invalid))
}
