import type { Forge } from '../forges/forge.ts'
import type { Clock } from '../lib/clock.ts'
import { isManaged } from '../model/ownership.ts'
import type { Runner } from '../model/runner.ts'

/** Pages up to which a list is short enough to be read at every look. */
const shortList = 5

/** ms for which it is remembered that a registration was deleted. */
const remembered = 15_000

/**
 * The same forge, asked less where its list of registrations is long: that is read once, and from then on only what came of it is asked for. Who looks
 * for registrations of machines that come up later finds them by the names that the machines tell.
 */
export function frugal(forge: Forge, clock: Clock): Forge {
  const memory = new Memory(forge, clock)
  return Object.create(forge, {
    listRunners: { value: memory.listRunners.bind(memory) },
    findRunner: { value: memory.findRunner.bind(memory) },
    unregister: { value: memory.unregister.bind(memory) },
  }) as Forge
}

class Memory implements Pick<Forge, 'listRunners' | 'findRunner' | 'unregister'> {
  readonly #forge: Forge
  readonly #clock: Clock
  /** Of a long list, those of ours, by id: a forge may take several of one name. */
  #long: Map<string, Runner> | undefined
  /** Names that were listed and not asked for since. */
  readonly #fresh = new Set<string>()
  /** When registrations were deleted, by name; clock milliseconds. */
  readonly #absent = new Map<string, number>()

  constructor(forge: Forge, clock: Clock) {
    this.#forge = forge
    this.#clock = clock
  }

  async *listRunners(signal?: AbortSignal, which?: 'ours'): AsyncIterable<readonly Runner[]> {
    if (this.#long) {
      yield [...this.#long.values()]
      return
    }
    const ours = new Map<string, Runner>()
    let pages = 0
    for await (const page of this.#forge.listRunners(signal, which)) {
      pages++
      for (const runner of page) if (isManaged(runner)) ours.set(runner.id, runner)
      yield page
    }
    if (pages <= shortList) return
    this.#long = ours
    for (const { name } of ours.values()) this.#fresh.add(name)
  }

  async findRunner(
    name: string,
    signal?: AbortSignal,
    isMeant: (runner: Runner) => boolean = () => true,
  ): Promise<Runner | undefined> {
    const listed = this.#fresh.delete(name) ? this.#named(name).find(isMeant) : undefined
    if (listed) return listed
    if (this.#clock.now() - (this.#absent.get(name) ?? -Infinity) < remembered) return undefined
    const runner = await this.#forge.findRunner(name, signal, isMeant)
    if (runner) return runner
    for (const gone of this.#named(name)) if (isMeant(gone)) this.#long?.delete(gone.id)
    return undefined
  }

  #named(name: string): readonly Runner[] {
    return [...(this.#long?.values() ?? [])].filter((runner) => runner.name === name)
  }

  async unregister(runner: Pick<Runner, 'id'>, signal?: AbortSignal): Promise<'gone' | 'busy'> {
    const answer = await this.#forge.unregister(runner, signal)
    const known = this.#long?.get(runner.id)
    if (answer === 'gone' && known) {
      this.#long?.delete(known.id)
      this.#absent.set(known.name, this.#clock.now())
    }
    return answer
  }
}
