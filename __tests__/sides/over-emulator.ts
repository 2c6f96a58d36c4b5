import type { Emulator } from '../emulators/http/emulator.ts'
import type { JournalEntry } from '../emulators/http/wire.ts'
import type { CloudCall, CloudMachine, EmulatedCloud, Verb } from './cloud-side.ts'

/** What the emulators of all clouds have alike. */
interface Emulated<E extends JournalEntry> extends Pick<Emulator<E>, 'fault' | 'hold' | 'advance'> {
  readonly url: string
  readonly variables: Readonly<Record<string, string>>
  readonly refused: readonly string[]
  readonly journal: readonly E[]
  readonly dials: {
    throttle: number
    console: Parameters<EmulatedCloud['console']>[0]
    bootDelay: number
    dies: 'in-boot' | 'before-boot' | undefined
    transitions: { running: number; terminated: number }
  }
  snapshot(): unknown
  until<T>(find: () => T | undefined | false): Promise<T>
  close(): Promise<void>
}

/** A cloud's emulator in words of no cloud, as far as these are said of all of them in one way. `E`: a request in its journal. */
export abstract class OverEmulator<E extends JournalEntry> {
  readonly #emulator: Emulated<E>
  readonly #callOf: (entry: E) => CloudCall
  #fault: EmulatedCloud['fault']
  #hold: EmulatedCloud['hold']

  constructor(emulator: Emulated<E>, callOf: (entry: E) => CloudCall) {
    this.#emulator = emulator
    this.#callOf = callOf
  }

  get url(): string {
    return this.#emulator.url
  }
  get variables(): Readonly<Record<string, string>> {
    return this.#emulator.variables
  }
  get refused(): readonly string[] {
    return this.#emulator.refused
  }

  // Set in the emulator only while there is one: a story of this cloud alone sets its own there.
  get fault(): EmulatedCloud['fault'] {
    return this.#fault
  }
  set fault(next: EmulatedCloud['fault']) {
    this.#fault = next
    this.#emulator.fault = next && ((entry) => next(this.#callOf(entry)))
  }
  get hold(): EmulatedCloud['hold'] {
    return this.#hold
  }
  set hold(next: EmulatedCloud['hold']) {
    this.#hold = next
    this.#emulator.hold = next && ((entry) => next(this.#callOf(entry)))
  }

  calls = (verb?: Verb): readonly CloudCall[] =>
    this.journalOf(verb)
      .map((entry) => this.#callOf(entry))
      .filter((call) => verb === undefined || call.verb === verb)
  /** Where requests of a verb are written down. */
  protected journalOf(_verb: Verb | undefined): readonly E[] {
    return this.#emulator.journal
  }

  throttle = (calls: number): void => void (this.#emulator.dials.throttle = calls)
  console = (how: Parameters<EmulatedCloud['console']>[0]): void => void (this.#emulator.dials.console = how)
  bootDelay = (ms: number): void => void (this.#emulator.dials.bootDelay = ms)
  diesInBoot = (): void => void (this.#emulator.dials.dies = 'in-boot')
  slow = (looks: number): void =>
    void (this.#emulator.dials.transitions = { running: looks, terminated: looks })
  advance = (ms: number): void => this.#emulator.advance(ms)
  snapshot = (): string => JSON.stringify(this.#emulator.snapshot())
  until = <T>(find: () => T | undefined | false): Promise<T> => this.#emulator.until(find)
  close = (): Promise<void> => this.#emulator.close()
}

/** One view for each machine, however often it is looked at. */
export function viewsBy<M extends object>(
  viewOf: (machine: M) => CloudMachine,
): (machine: M) => CloudMachine {
  const views = new WeakMap<M, CloudMachine>()
  return (machine) => {
    const view = views.get(machine) ?? viewOf(machine)
    views.set(machine, view)
    return view
  }
}
