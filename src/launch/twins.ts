import { Failure } from '../model/failure.ts'
import { goesWith, isOfTry, sameTry, wishOf, type Owned, type Wish } from '../model/ownership.ts'
import type { Runner } from '../model/runner.ts'
import type { LaunchOrder, Ports, RemovalTarget } from './order.ts'
import { mayHaveComeToLife } from './signs-of-life.ts'
import { findMachines } from './survey.ts'

/** How long a machine that another try has ordered may stay out of listings: looks, and milliseconds between them. */
const patience = { looks: 12, spacing: 1_000 } as const

/** A living machine of this launch that another try is about to make, or has just made: listings may not show it yet. */
export function awaitTwin({ lease, request }: LaunchOrder, ports: Ports): Promise<Owned | undefined> {
  return awaitMachine(wishOf(lease), ports.cloud.regionsOf(request.regions), ports)
}

/** The same for any launch. */
export async function awaitMachine(
  wish: Wish,
  regions: readonly string[],
  ports: Ports,
): Promise<Owned | undefined> {
  const { host, clock } = ports
  for (let looks = 1; ; looks++) {
    const machine = livingOf((await findMachines(wish, regions, ports, host.signal)).ours)
    if (machine || looks >= patience.looks) return machine
    await clock.sleep(patience.spacing, host.signal)
  }
}

/** One to take over, if any: not one that ends. */
export function livingOf(machines: readonly Owned[]): Owned | undefined {
  return machines.find(({ ended, state }) => !ended && state !== 'ending' && state !== 'gone')
}

/** Two tries of one launch at once can ask for the same registration; whoever comes second leaves it to the first, which has a machine for it. */
export function isTwinAtWork(failure: unknown): failure is Failure {
  return failure instanceof Failure && failure.kind === 'conflict'
}

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

  /** Those of the machines that may be ended. Throws when the forge, which must be asked about the others, can not be read. */
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
      this.#inherited.some((machine) => goesWith(runner, machine, this.#ports.cloud))
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
