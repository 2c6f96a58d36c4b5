import type { RunnerDetails, RunnerRow } from './answers.ts'
import type { Place } from './place.ts'

/** Whether anything has ever spoken with a runner's token, by its row in a list and an earlier look; undefined = it has to be asked. */
export function contactedBy({ status }: RunnerRow, before: boolean | undefined): boolean | undefined {
  if (status === 'never_contacted') return false
  if (status === 'online' || status === 'offline') return true
  // Nothing has spoken for seven days. Behind `paused` anything may have happened, save that a contact is unmade.
  return status === 'stale' ? before : before || undefined
}

/** Of several of one name. */
export function livelyFirst(one: RunnerRow, other: RunnerRow): number {
  return Number(other.online) - Number(one.online) || Number(other.id) - Number(one.id)
}

/** A group's list also holds the runners of the groups above it, which are not its own to remove. */
export function belongs({ groups }: RunnerDetails, { kind, id }: Place): boolean {
  return kind === 'project' || groups.includes(id)
}
