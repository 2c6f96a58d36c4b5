import { Failure } from '../../model/failure.ts'
import type { Instance } from '../../model/instance.ts'
import type { CloudContext } from '../cloud.ts'
import type { Cluster, Pod } from './cluster.ts'
import { hasStarted } from './read-job.ts'
import { type Machines, whereOf } from './machines.ts'

interface Read {
  /** Of the container that brings the runner, once it has ended. */
  brought?: string
  pod?: string
  /** The runner's own container had not begun: its images are fetched, or it waits for the first one's end. */
  waits?: boolean
}

/** Boot logs of one launch: what the two containers of a pod have printed. A denial is remembered, so that it costs one call and not one a look. */
export class Consoles {
  readonly #cluster: Cluster
  readonly #machines: Machines
  readonly #context: CloudContext
  readonly #read = new Map<string, Read>()
  #denied = false

  constructor(cluster: Cluster, machines: Machines, context: CloudContext) {
    this.#cluster = cluster
    this.#machines = machines
    this.#context = context
  }

  /** Had the runner's container not begun when its log was last asked for? */
  waits({ id }: Instance): boolean {
    return this.#read.get(id)?.waits ?? false
  }

  /** Never throws. */
  async read(machine: Instance, signal?: AbortSignal): Promise<string | undefined> {
    const known = this.#read.get(machine.id) ?? {}
    known.waits = false
    if (this.#denied) return undefined
    this.#read.set(machine.id, known)
    try {
      const text = await this.#both(machine, known, signal)
      return text === '' ? undefined : text
    } catch (error) {
      if (error instanceof Failure) this.#note(error)
      return known.brought
    }
  }

  async #both(machine: Instance, known: Read, signal?: AbortSignal): Promise<string> {
    const where = whereOf(machine)
    if (known.pod === undefined) {
      // One try: it is asked again at the next look anyway.
      const call = { tried: `look for the pod of ${machine.id}`, signal, attempts: 1 }
      const [pod] = await this.#machines.podsOf(where, call)
      if (!pod || !hasStarted(pod)) {
        known.waits = true
        return ''
      }
      known.pod = nameOf(pod)
    }
    const log = (container: string): Promise<string | undefined> =>
      this.#log({ namespace: where.namespace, name: known.pod ?? '' }, container, signal)
    const brought = known.brought ?? (await log('bring')) ?? ''
    const own = await log('runner')
    known.waits = own === undefined
    // It prints nothing more once the other one has begun.
    if (own) known.brought = brought
    return brought + (own ?? '')
  }

  /** Undefined for a container that has not begun yet: the API calls that a bad request. */
  async #log(
    where: Parameters<Cluster['log']>[0],
    container: string,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    try {
      const call = { tried: `read the log of ${where.name}`, signal, attempts: 1 }
      const text = await this.#cluster.log(where, container, call)
      return text.replaceAll('\r\n', '\n')
    } catch (error) {
      if (error instanceof Failure && error.kind === 'invalid-input')
        return error.explanation.said?.includes('is waiting to start') ? undefined : ''
      throw error
    }
  }

  #note(failure: Failure): void {
    this.#context.log.debug(failure.message)
    if (failure.kind !== 'permission-denied') return
    this.#denied = true
    this.#context.log.info('The boot log cannot be shown: these credentials may not get pods/log.')
  }
}

const nameOf = ({ metadata }: Pod): string => metadata?.name ?? ''
