import { Failure, orFailure } from '../../model/failure.ts'
import { atSecond } from '../../lib/clock.ts'
import type { Instance } from '../../model/instance.ts'
import type { CloudContext } from '../cloud.ts'
import type { Cluster } from './cluster.ts'
import { isNotFound } from './failures.ts'
import { whereOf } from './machines.ts'
import { secondsOf } from './read-job.ts'
import { isOrderedToEnd } from './ends.ts'

/**
 * The runner is about to register: what its pod was sent goes, and the Job, whose first deadline was for a launch that dies, gets that of its lease. Never
 * throws; a sentence about what could not be done.
 */
export async function conceal(
  cluster: Cluster,
  machine: Instance,
  { log }: CloudContext,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const call = { tried: `delete what ${machine.id} was sent`, signal }
  const parts = [
    { what: cluster.deleteSecret(whereOf(machine), call), say: staysReadable },
    { what: raise(cluster, machine, signal), say: endsEarly },
  ]
  const told = await Promise.all(
    parts.map(async ({ what, say }) => {
      try {
        const failure = await orFailure(what)
        return failure instanceof Failure && !isNotFound(failure) ? say(failure, machine) : undefined
      } catch (error) {
        log.debug(error instanceof Error ? error.message : String(error))
        return undefined
      }
    }),
  )
  const sentences = told.filter((text) => text !== undefined)
  return sentences.length > 0 ? sentences.join(' ') : undefined
}

/** How often somebody else may change the deadline between our look and our order. */
const mostTries = 3

/** Whoever has ordered its end meanwhile is not overruled: only what was read is replaced. */
async function raise(cluster: Cluster, machine: Instance, signal?: AbortSignal): Promise<void> {
  const where = whereOf(machine)
  const { lease } = machine
  if (!lease) return
  const call = { tried: `raise the deadline of ${machine.id}`, signal }
  for (let tries = 1; ; tries++) {
    const job = await cluster.getJob(where, call)
    const from = job.spec?.activeDeadlineSeconds
    const start = secondsOf(job.status?.startTime ?? job.metadata?.creationTimestamp)
    const to = lease.expiresAt - start
    if (from === undefined || isOrderedToEnd(job) || from >= to) return
    try {
      await cluster.raiseDeadline(where, from, to, call)
      return
    } catch (error) {
      const changed = error instanceof Failure && /^(invalid-input|conflict)$/.test(error.kind)
      if (!changed || tries >= mostTries) throw error
    }
  }
}

function staysReadable(failure: Failure, { id }: Instance): string {
  return `What ${id} was sent could not be deleted (${saidBy(failure)}): whoever may read Secrets of the namespace can read its registration.`
}

function endsEarly(failure: Failure, { id, lease }: Instance): string {
  const due = lease ? ` soon after ${atSecond(lease.dueAt * 1000)}` : ''
  return `The deadline of ${id} could not be raised (${saidBy(failure)}): its Job ends it${due}, whatever it does by then.`
}

function saidBy({ explanation: { said }, kind }: Failure): string {
  return said ?? kind
}
