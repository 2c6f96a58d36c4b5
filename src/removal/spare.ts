import { goesWith, isOfTry, sameTry, type Owned } from '../model/ownership.ts'
import type { Runner } from '../model/runner.ts'
import type { Ports } from '../ports.ts'
import type { RemovalTarget } from './removal-target.ts'
import { mayHaveComeToLife } from './signs-of-life.ts'

/**
 * What other tries of one launch have made, in the eyes of a try that undoes itself. A machine of another try is that one's: it is left
 * while the other may still be at work on it, and for good once its runner has connected, since it may have been handed over then.
 * Without `own` in the target everything of the identity is meant.
 */
export class Twins {
  /** Machines that were left. */
  readonly spared = new Set<string>()
  readonly #target: RemovalTarget
  readonly #ports: Ports
  /** Machines of another try that were given free, and their registrations with them. */
  readonly #inherited: Owned[] = []

  constructor(target: RemovalTarget, ports: Ports) {
    this.#target = target
    this.#ports = ports
  }

  /** Those of the machines that may be ended. Throws when the forge, which must be asked about the others, cannot be read. */
  async sift(machines: readonly Owned[], signal?: AbortSignal): Promise<readonly Owned[]> {
    const foreign = machines.filter((machine) => this.#isForeign(machine))
    if (foreign.length === 0) return machines
    const unfinished = foreign.filter((machine) => this.#isOthersWork(machine))
    const connected =
      unfinished.length < foreign.length && (await mayHaveComeToLife(this.#target, this.#ports, signal))
        ? foreign
        : unfinished
    for (const { id } of connected) {
      if (!this.spared.has(id))
        this.#ports.host.log.info(`Leaving ${id}: another try of this very launch made it.`)
      this.spared.add(id)
    }
    this.#inherited.push(...foreign.filter(({ id }) => !this.spared.has(id)))
    return machines.filter(({ id }) => !this.spared.has(id))
  }

  /** A registration of another try goes only with its machine: before that, it is what the machine will need. */
  mayUnregister(runner: Runner): boolean {
    const { own } = this.#target
    if (!own) return true
    if (this.spared.size > 0) return false
    return (
      isOfTry(runner, own.lease) ||
      this.#inherited.some((machine) => goesWith(runner, machine, this.#ports.clouds.open))
    )
  }

  #isForeign({ id, lease }: Owned): boolean {
    const { own } = this.#target
    return own !== undefined && (id === own.adopted || !sameTry(lease, own.lease))
  }

  #isOthersWork({ id, lease }: Owned): boolean {
    return id !== this.#target.own?.adopted && this.#ports.clock.now() / 1000 < lease.dueAt
  }
}
