import { Failure, joinReasons } from '../model/failure.ts'
import type { Identity } from '../model/identity.ts'
import { isCalled, renderPlaces, type Place } from '../model/place.ts'
import { frugal } from './frugal.ts'
import type { Ports } from '../ports.ts'
import { patientPace, remove, type Removal, type RemovalPace } from './remove.ts'
import { findTargets, keyOf, type StopTarget, type StopWish } from './stop-targets.ts'

export interface Stopped extends Removal {
  /** Launches of which anything was there, by identity. */
  readonly launches: readonly Identity[]
  /** Ids that were asked for and of which nothing was there. */
  readonly unknownIds: readonly string[]
}

/**
 * Removes the launches that are wished for completely, busy or not: machines, and registrations, also those whose machine is gone.
 * Ids are not needed: everything of ours tells its run and its name. One object serves one call, and can be asked at any moment what is
 * not confirmed yet.
 */
export class Stopping {
  readonly #wish: StopWish
  readonly #places: readonly Place[]
  readonly #ports: Ports
  readonly #pace: RemovalPace
  /** By `keyOf` a target, as all that follows. */
  readonly #targets = new Map<string, StopTarget>()
  readonly #removals = new Map<string, Removal[]>()
  readonly #open = new Set<string>()
  readonly #failures = new Map<string, unknown>()
  /** Ids of the machines that were seen. */
  readonly #met = new Set<string>()
  #looked = false

  constructor(wish: StopWish, places: readonly Place[], ports: Ports, pace: RemovalPace = patientPace) {
    this.#wish = wish
    this.#places = places
    this.#ports = { ...ports, forge: frugal(ports.forge, ports.clock) }
    this.#pace = pace
  }

  /**
   * Looks again until several looks in a row find nothing more; what is gone already is success. One launch that cannot be removed
   * stops no other. Throws one error with all that is left and how to remove it and with the regions that could not be read, or
   * `cancelled` with what is unconfirmed when the signal aborts.
   */
  async run(signal?: AbortSignal): Promise<Stopped> {
    try {
      const blind = await this.#untilQuiet(signal)
      const problems = [...this.#failures.values(), ...blind]
      if (problems.length > 0) throw joinReasons(problems)
    } catch (error) {
      throw signal?.aborted ? this.#cut() : error
    }
    return this.#outcome()
  }

  /** How to remove what was found and is not confirmed to be gone: sentences. */
  unconfirmed(): readonly string[] {
    const { clouds, forge } = this.#ports
    if (!this.#looked)
      return [
        `Nothing was looked at yet: what was to be stopped may be left in ${renderPlaces(this.#places)}. The same command finds it.`,
      ]
    const open = [...this.#targets.values()].filter((target) => this.#open.has(keyOf(target)))
    return open.flatMap(({ known, runnerName }) => [
      ...known.map(
        (machine) =>
          `${machine.id} in ${machine.region} may be left. Remove it with: ${clouds.of(machine).removalCommand(machine)}`,
      ),
      `The registration of runner ${runnerName} may be left: ${forge.runnersPage}`,
    ])
  }

  /** Returns the problems of the last look: what an earlier one could not read does not matter once it could be. */
  async #untilQuiet(signal?: AbortSignal): Promise<readonly unknown[]> {
    const { quietLooks, spacing, within } = this.#pace
    const until = this.#ports.clock.now() + 2 * within
    for (let quiet = 0; ;) {
      // Registrations are listed every time, too: one without a machine may be too new for the looks before.
      const { targets, problems } = await findTargets(this.#wish, this.#places, this.#ports, signal)
      this.#looked = true
      for (const id of targets.flatMap(({ machines }) => machines)) this.#met.add(id)
      const left = targets.filter((target) => this.#isThere(target))
      if (this.#ports.clock.now() > until) left.forEach((target) => this.#giveUp(target))
      else await Promise.all(left.map((target) => this.#remove(target, signal)))
      signal?.throwIfAborted()
      quiet = left.length > 0 ? 0 : quiet + 1
      if (quiet >= quietLooks) return problems
      await this.#ports.clock.sleep(spacing, signal)
    }
  }

  /** Is there something to do about it? Not when it was given up, and not for a registration that the forge refuses to forget. */
  #isThere(target: StopTarget): boolean {
    const { runnerName, registered, known } = target
    if (this.#failures.has(keyOf(target))) return false
    const before = this.#removals.get(keyOf(target)) ?? []
    const refused = before.some(({ busyRunners }) => busyRunners.includes(runnerName))
    return known.length > 0 || before.length === 0 || (registered && !refused)
  }

  async #remove(target: StopTarget, signal?: AbortSignal): Promise<void> {
    const key = keyOf(target)
    this.#targets.set(key, target)
    this.#open.add(key)
    try {
      const removal = await remove(target, this.#ports, this.#pace, signal)
      this.#removals.set(key, [...(this.#removals.get(key) ?? []), removal])
      this.#open.delete(key)
    } catch (error) {
      this.#failures.set(key, error)
    }
  }

  #giveUp(target: StopTarget): void {
    this.#targets.set(keyOf(target), target)
    this.#open.add(keyOf(target))
    const failure = new Failure('deadline-exceeded', {
      tried: `see launch ${target.identity} stay gone`,
      said: 'it came back again and again, or the listing of the machines never showed its end',
      fix: 'see whether something launches it anew, and remove by hand what is listed here.',
      details: this.unconfirmed(),
    })
    this.#failures.set(keyOf(target), failure)
  }

  #cut(): Failure {
    return new Failure('cancelled', {
      tried: 'confirm the removal',
      said: 'the process was told to end',
      fix: 'run the same command again, or remove by hand what is listed here.',
      details: this.unconfirmed(),
    })
  }

  #outcome(): Stopped {
    const all = [...this.#removals].flatMap(([key, removals]) =>
      removals.map((removal) => ({ identity: this.#targets.get(key)!.identity, ...removal })),
    )
    const each = <K extends keyof Removal>(key: K): string[] => [
      ...new Set(all.flatMap((removal) => removal[key])),
    ]
    const there = all.filter(
      ({ instances, runners, busyRunners }) => instances.length + runners.length + busyRunners.length > 0,
    )
    return {
      launches: [...new Set(there.map(({ identity }) => identity))],
      unknownIds: this.#wish.instanceIds.filter(
        (word) => ![...this.#met].some((id) => isCalled({ id }, word)),
      ),
      instances: each('instances'),
      runners: each('runners'),
      busyRunners: each('busyRunners'),
      spared: each('spared'),
    }
  }
}
