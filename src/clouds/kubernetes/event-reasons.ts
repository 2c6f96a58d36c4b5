import type { FailureKind } from '../../model/failure.ts'
import type { Event } from './cluster.ts'
import type { Ended } from './ends.ts'

/** What was told of a pod that is gone, by the event's reason. */
const rows: Readonly<Record<string, { readonly kind: FailureKind; readonly text: string }>> = {
  Preempted: { kind: 'capacity-unavailable', text: 'a pod of higher priority took its place' },
  Evicted: { kind: 'capacity-unavailable', text: 'its node was short of something and evicted it' },
  TaintManagerEviction: { kind: 'capacity-unavailable', text: 'its node was lost or closed' },
  NodeNotReady: { kind: 'capacity-unavailable', text: 'its node is lost' },
  ScaleDown: { kind: 'capacity-unavailable', text: 'an autoscaler has taken its node away' },
  NodeShutdown: { kind: 'capacity-unavailable', text: 'its node is shutting down' },
}

/** The latest of them that has a row. */
export function endIn(events: readonly Event[]): Ended | undefined {
  const [first] = events
    .filter(({ reason }) => reason !== undefined && Object.hasOwn(rows, reason))
    .toSorted((one, other) => timeOf(other) - timeOf(one))
  if (!first?.reason) return undefined
  const { kind, text } = rows[first.reason]!
  return { kind, code: first.reason, text: first.message ? `${text}: ${first.message}` : text }
}

export function timeOf({ lastTimestamp, eventTime }: Event): number {
  return Date.parse(lastTimestamp ?? eventTime ?? '') || 0
}
