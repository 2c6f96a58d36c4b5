import { catalogue } from '../../src/entry/catalogue.ts'
import type { CloudMachine, CloudOptions, CloudSide, EmulatedCloud, Verb } from './cloud-side.ts'

/** Several emulated clouds that a job can use at once: what is done to them is done to each. */
export class JointCloud implements EmulatedCloud {
  readonly side: CloudSide
  /** In the order in which they are named. */
  readonly parts: readonly EmulatedCloud[]

  constructor(side: CloudSide, parts: readonly EmulatedCloud[]) {
    this.side = side
    this.parts = parts
  }

  get #first(): EmulatedCloud {
    return this.parts[0]!
  }
  #all<T>(of: (part: EmulatedCloud) => readonly T[]): readonly T[] {
    return this.parts.flatMap(of)
  }
  #each(what: (part: EmulatedCloud) => void): void {
    for (const part of this.parts) what(part)
  }
  #with(id: string): EmulatedCloud {
    return this.parts.find(({ machines }) => machines.some((machine) => machine.id === id)) ?? this.#first
  }

  get url(): string {
    return this.#first.url
  }
  get account(): string {
    return this.#first.account
  }
  get variables(): Readonly<Record<string, string>> {
    return Object.assign({}, ...this.parts.map(({ variables }) => variables)) as Record<string, string>
  }
  get secrets(): readonly string[] {
    return this.#all(({ secrets }) => secrets)
  }
  get machines(): readonly CloudMachine[] {
    return this.#all(({ machines }) => machines)
  }
  get refused(): readonly string[] {
    return this.#all(({ refused }) => refused)
  }
  get fault(): EmulatedCloud['fault'] {
    return this.#first.fault
  }
  set fault(fault: EmulatedCloud['fault']) {
    this.#each((part) => (part.fault = fault))
  }
  get hold(): EmulatedCloud['hold'] {
    return this.#first.hold
  }
  set hold(hold: EmulatedCloud['hold']) {
    this.#each((part) => (part.hold = hold))
  }

  calls = (verb?: Verb) => this.#all((part) => part.calls(verb))
  deny = (verb: Verb, region?: string): void => this.#each((part) => part.deny(verb, region))
  dry = (where?: string): void => this.#each((part) => part.dry(where))
  exhaust = (): void => this.#each((part) => part.exhaust())
  restock = (): void => this.#each((part) => part.restock())
  throttle = (calls: number): void => this.#each((part) => part.throttle(calls))
  limit = (): void => this.#each((part) => part.limit())
  lag = (looks: number): void => this.#each((part) => part.lag(looks))
  hide = (looks: number): void => this.#each((part) => part.hide(looks))
  console = (how: 'live' | 'absent' | { readonly lag: number }): void =>
    this.#each((part) => part.console(how))
  bootDelay = (ms: number): void => this.#each((part) => part.bootDelay(ms))
  diesInBoot = (): void => this.#each((part) => part.diesInBoot())
  startsEmpty = (): void => this.#each((part) => part.startsEmpty())
  slow = (looks: number): void => this.#each((part) => part.slow(looks))
  hushAccount = (): void => this.#each((part) => part.hushAccount())
  seed: EmulatedCloud['seed'] = (...what) => this.#first.seed(...what)
  seedHalf: EmulatedCloud['seedHalf'] = (...what) => this.#first.seedHalf(...what)
  advance = (ms: number): void => this.#each((part) => part.advance(ms))
  end = (id: string): void => this.#with(id).end(id)
  interrupt = (id: string, notice?: number): void => this.#with(id).interrupt(id, notice)
  leftovers = (): number => this.parts.reduce((sum, part) => sum + part.leftovers(), 0)
  snapshot = (): string => JSON.stringify(this.parts.map((part) => JSON.parse(part.snapshot()) as unknown))
  /** What it waits for may come to pass at any of them. */
  until = <T>(find: () => T | undefined | false): Promise<T> =>
    Promise.race(this.parts.map((part) => part.until(find)))
  close = async (): Promise<void> => void (await Promise.all(this.parts.map((part) => part.close())))
}

const joint = new WeakMap<CloudSide, readonly CloudSide[]>()

/** The sides that one was made of; of any other itself. */
export function sidesOf(side: CloudSide): readonly CloudSide[] {
  return joint.get(side) ?? [side]
}

/** A launch that names all of these clouds, in this order. */
export function jointSide(sides: readonly [CloudSide, ...CloudSide[]]): CloudSide {
  const [first] = sides
  const side: CloudSide = {
    ...first,
    name: sides.map(({ name }) => name).join(','),
    service: sides.map(({ service }) => service).join(', '),
    names: sides.flatMap(({ names }) => names),
    inputs: inputsOf(sides),
    forgets: sides.some(({ forgets }) => forgets === true),
    words: {
      ...first.words,
      logins: Object.assign({}, ...sides.map(({ words }) => words.logins)) as Record<string, string>,
    },
    start: async (options?: CloudOptions) =>
      new JointCloud(side, await Promise.all(sides.map((one) => one.start(options)))),
  }
  joint.set(side, sides)
  return side
}

/** Options of which each cloud has a line of its own get these. */
function inputsOf(sides: readonly CloudSide[]): Readonly<Record<string, string>> {
  const inputs: Record<string, string> = {}
  for (const { name, inputs: own } of sides)
    for (const [option, value] of Object.entries(own)) {
      const row = catalogue.table[option] as { readonly linePerCloud?: true }
      const line = row.linePerCloud ? `${name}: ${value}` : value
      inputs[option] = inputs[option] === undefined || !row.linePerCloud ? line : `${inputs[option]}\n${line}`
    }
  return inputs
}

/** The emulated clouds of a world, one by one. */
export function partsOf(cloud: EmulatedCloud): readonly EmulatedCloud[] {
  return cloud instanceof JointCloud ? cloud.parts : [cloud]
}
