import { Failure, orFailure } from '../../model/failure.ts'
import { isAlive, type Instance } from '../../model/instance.ts'
import { keyOf, leaseTags, managedBy, type LeaseQuery } from '../../model/lease.ts'
import type { MachineKey } from '../../model/place.ts'
import type { CloudContext, Listing } from '../cloud.ts'
import type { Call } from '../../lib/sending.ts'
import type { Cluster, Job, Pod, Where } from './cluster.ts'
import type { Ended } from './ends.ts'
import { endIn } from './event-reasons.ts'
import { isNotFound, isOptionalFailure } from './failures.ts'
import { hasStarted, readMachine } from './read-job.ts'
import { sentThere } from './sent-there.ts'

/** The label by which the pods of a Job are found. */
const jobNameLabel = 'batch.kubernetes.io/job-name'
/** Seconds within which a Job of another process gets what its pod waits for. */
const settled = 20

export const whereOf = ({ region, id }: MachineKey): Where => ({ namespace: region, name: id })

/** A Job with the pods that it has made. */
export interface Found {
  readonly job: Job
  readonly pods: readonly Pod[]
  readonly machine: Instance
}

/** Jobs of ours and their pods. The API server shows what it has taken, at once. */
export class Machines {
  readonly #cluster: Cluster
  readonly #context: CloudContext
  /** Names of Jobs that this process has made whole, or seen whole. */
  readonly #whole = new Set<string>()
  /** Of those whose end was ordered here. */
  readonly #ordered = new Set<string>()
  readonly #reasons = new Map<string, Ended>()

  constructor(cluster: Cluster, context: CloudContext) {
    this.#cluster = cluster
    this.#context = context
  }

  noteWhole(where: Where): void {
    this.#whole.add(keyFor(where))
  }

  /** Newest first. */
  async podsOf(where: Where, call: Call): Promise<readonly Pod[]> {
    const pods = await this.#cluster.listPods(where.namespace, `${jobNameLabel}=${where.name}`, call)
    return newestFirst(pods)
  }

  /** Undefined where there is none. */
  async find(where: Where, call: Call): Promise<Found | undefined> {
    try {
      const [job, pods] = await Promise.all([this.#cluster.getJob(where, call), this.podsOf(where, call)])
      return { job, pods, machine: readMachine(job, pods) }
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  /** `gone` with its reason, where there is one to be had. */
  async look(known: Instance, signal?: AbortSignal): Promise<Instance> {
    const where = whereOf(known)
    const found = await this.find(where, { tried: `look at machine ${known.id}`, signal })
    const machine = found?.machine ?? { ...known, state: 'gone' as const }
    if (isAlive(machine)) return machine
    if (this.#ordered.has(keyFor(where))) return machine
    const told = machine.ended
    if (told && (told.kind !== 'unavailable' || found?.pods.length)) return machine
    const ended = (await this.#reasonOf(where, signal)) ?? told ?? (found ? undefined : deleted)
    return ended ? { ...machine, ended } : machine
  }

  /** Pods that are gone are spoken of for an hour. */
  async #reasonOf(where: Where, signal?: AbortSignal): Promise<Ended | undefined> {
    const key = keyFor(where)
    const known = this.#reasons.get(key)
    if (known) return known
    try {
      const call = { tried: `read why ${where.name} has ended`, signal, attempts: 2 }
      const events = await this.#cluster.listEvents(where.namespace, 'involvedObject.kind=Pod', call)
      const ended = endIn(events.filter(({ involvedObject }) => isPodOf(involvedObject?.name, where.name)))
      if (ended) this.#reasons.set(key, ended)
      return ended
    } catch (error) {
      signal?.throwIfAborted()
      if (!isOptionalFailure(error)) throw error
      this.#context.log.debug(error.message)
      return undefined
    }
  }

  /** Of each namespace; one that cannot be read is told and hides no other. `ended`: those that are over, else those that are not. */
  async list(
    query: LeaseQuery,
    namespaces: readonly string[],
    ended: boolean,
    signal?: AbortSignal,
  ): Promise<Listing> {
    const answers = await Promise.all(
      namespaces.map(async (namespace) => ({
        place: { cloud: 'kubernetes', region: namespace },
        answer: await orFailure(this.#listIn(query, namespace, ended, signal), signal),
      })),
    )
    return {
      machines: answers.flatMap(({ answer }) => (answer instanceof Failure ? [] : answer)),
      unreadable: answers.flatMap(({ place, answer }) =>
        answer instanceof Failure ? [{ place, failure: answer }] : [],
      ),
    }
  }

  async #listIn(
    query: LeaseQuery,
    namespace: string,
    ended: boolean,
    signal?: AbortSignal,
  ): Promise<readonly Instance[]> {
    const [key, value] = keyOf(query)
    const labels = `${leaseTags.managedBy}=${managedBy},${key}=${value}`
    const what = 'scope' in query ? query.scope : `launch ${value}`
    const call = { tried: `list the machines of ${what} in ${namespace}`, signal }
    const [jobs, pods] = await Promise.all([
      this.#cluster.listJobs(namespace, labels, call),
      this.#cluster.listPods(namespace, labels, call),
    ])
    const found = jobs.map((job): Found => {
      const own = newestFirst(pods.filter((pod) => isPodOf(pod.metadata?.name, job.metadata?.name ?? '')))
      return { job, pods: own, machine: readMachine(job, own) }
    })
    const wanted = found.filter(({ machine }) => (machine.state === 'gone') === ended)
    return Promise.all(wanted.map((one) => this.#whatIsThere(one, 'identity' in query, signal)))
  }

  /**
   * A Job whose maker died before its second call waits for what never comes: no machine works there. Until that is certain, a young one is half of a
   * machine to whoever looks for its very launch.
   */
  async #whatIsThere(
    { job, pods, machine }: Found,
    closely: boolean,
    signal?: AbortSignal,
  ): Promise<Instance> {
    const where = whereOf(machine)
    const old = this.#context.clock.now() / 1000 - machine.launchedAt > settled
    const looks = machine.state === 'pending' && (old || closely)
    if (!looks || this.#whole.has(keyFor(where)) || pods.some(hasStarted)) return machine
    const there = await orFailure(sentThere(this.#cluster, job, signal), signal)
    if (there === true) this.#whole.add(keyFor(where))
    if (there !== false) return machine
    return old ? { ...machine, state: 'remnant' } : { ...machine, half: true }
  }

  /** Absent = success. The Job stays for a while, ended: the memory of the cluster. */
  async destroy(key: MachineKey, signal?: AbortSignal): Promise<void> {
    const where = whereOf(key)
    const call = { tried: `end machine ${key.id}`, signal }
    this.#ordered.add(keyFor(where))
    const end = async (): Promise<void> => this.#cluster.setDeadline(where, 0, call)
    const forget = async (): Promise<void> => this.#cluster.deleteSecret(where, call)
    const results = await Promise.allSettled([end(), forget()])
    for (const result of results)
      if (result.status === 'rejected' && !isNotFound(result.reason)) throw result.reason
  }
}

const keyFor = ({ namespace, name }: Where): string => `${namespace}/${name}`

const deleted: Ended = { kind: 'cancelled', code: 'NotFound', text: 'somebody has deleted its Job' }

/** The controller adds five letters. */
function isPodOf(pod: string | undefined, job: string): boolean {
  return (
    pod !== undefined && job !== '' && pod.startsWith(`${job}-`) && !pod.slice(job.length + 1).includes('-')
  )
}

function newestFirst(pods: readonly Pod[]): readonly Pod[] {
  const timeOf = ({ metadata }: Pod): number => Date.parse(metadata?.creationTimestamp ?? '') || 0
  return pods.toSorted((one, other) => timeOf(other) - timeOf(one))
}
