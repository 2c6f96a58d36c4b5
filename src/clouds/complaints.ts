import { renderDuration } from '../model/duration.ts'
import type { Cloud, Complaint, MachineRequest } from './cloud.ts'
import { isOfLine } from './lines.ts'

/** What each cloud complains of, without the words that another one understands. */
export function shared(complaints: readonly (readonly Complaint[])[]): readonly Complaint[] {
  const isUnderstood = ({ option, word }: Complaint): boolean =>
    word !== undefined &&
    complaints.some((own) => !own.some((other) => other.option === option && other.word === word))
  return complaints.flat().filter((complaint) => !isUnderstood(complaint))
}

/** Of several clouds it must be told whose complaint it is, where it is not about a word that another may understand. */
export function named(complaint: Complaint, { name }: Cloud): Complaint {
  if (complaint.word !== undefined && !isOfLine(complaint)) return complaint
  return { option: complaint.option, text: complaint.text.replace(/^([a-z-]+): /, `$1 (${name}): `) }
}

/** A life that this cloud grants no machine. */
export function tooLong({ name, limits }: Cloud, { lifetime }: MachineRequest): readonly Complaint[] {
  const { longestLife = Infinity } = limits
  if (lifetime <= longestLife) return []
  const text = `max-lifetime: ${name} lets no machine live longer than ${renderDuration(longestLife)}.`
  return [{ option: 'max-lifetime', text }]
}
