import type { Cloud, CreateOrder, Listing, Unreadable } from '../../src/clouds/cloud.ts'
import { Clouds } from '../../src/clouds/clouds.ts'
import type { Forge, RegistrationRequest, Sighting } from '../../src/forges/forge.ts'
import { linesOf, type Caller, type Link, type Outputs, type Trouble } from '../../src/hosts/host.ts'
import type { Check } from '../../src/model/check.ts'
import { Failure } from '../../src/model/failure.ts'
import type { Candidate, Instance } from '../../src/model/instance.ts'
import {
  leaseToTags,
  leaseTags,
  readLease,
  tagOf,
  type Lease,
  type LeaseQuery,
} from '../../src/model/lease.ts'
import type { Price } from '../../src/model/price.ts'
import type { Owned } from '../../src/model/ownership.ts'
import type { Run } from '../../src/model/run.ts'
import { accountLabel, carries, runLabel, uniqueLabel, type Runner } from '../../src/model/runner.ts'
import type { Place } from '../../src/model/place.ts'
import type { FakeClock } from './fake-clock.ts'

export const candidate = (change: Partial<Candidate> = {}): Candidate => ({
  cloud: 'nimbus',
  region: 'north-1',
  type: 'small',
  typeWord: 'small',
  market: 'on-demand',
  platform: { os: 'linux', architecture: 'x64' },
  wayOut: 'Check the way out.',
  ending: { text: 'A timer.' },
  image: { id: 'img-1', name: 'linux' },
  diskGb: 35,
  ground: { powerOff: 'ends', farewell: '' },
  ...change,
})

const standing = {
  cloud: 'nimbus',
  region: 'north-1',
  type: 'small',
  market: 'on-demand',
  state: 'running',
  ip: '10.0.0.1',
} as const

/** What a machine of the fake cloud does after it was made; times in ms from its creation. */
export interface Script {
  readonly onlineAfter?: number
  readonly console?: readonly { readonly at: number; readonly line: string }[]
  readonly diesAfter?: number
  readonly ended?: Instance['ended']
}

/** ms from a machine's registration to its runner being online. */
const registeredBefore = 300

/** A stateful cloud and forge behind our own ports, sharing one world: what is made at one registers at the other. */
export class World {
  readonly clock: FakeClock
  readonly instances = new Map<string, Instance & { readonly createdAt: number }>()
  /** Several clouds can have one forge. */
  readonly runners: Map<string, Runner>
  readonly journal: string[] = []
  readonly orders: CreateOrder[] = []
  candidates: Candidate[] = [candidate()]
  script: Script = { onlineAfter: 20_000 }
  /** Place → refusal. */
  refuse = new Map<string, Failure>()
  /** What the account has enabled. */
  regions = ['north-1', 'south-1']
  /** Whose machines the cloud shows. */
  account: string | undefined = 'ours'
  /** What its machines register with beside what is ours. */
  labels: readonly string[] = ['cml']
  /** Looks by identity or run that do not see a new instance yet. */
  lag = 0
  failing: { on?: (call: string) => Error | undefined } = {}
  consoleLag = 0
  /** What the cloud says when it has concealed what it can. */
  readable: string | undefined
  /** Whether it can. */
  conceals = false
  /** Runs at the forge, by id. `again` is in the journal. */
  readonly pipelines = new Map<string, Run>()
  #sequence = 0

  /** The name of its cloud. */
  readonly name: string

  constructor(clock: FakeClock, name = 'nimbus', runners = new Map<string, Runner>()) {
    this.clock = clock
    this.runners = runners
    this.name = name
  }

  /** What somebody finds who examines a launch: by the name of the cloud, or of the forge, which is `smithy`. */
  readonly checks = new Map<string, readonly Check[]>()

  async *#examine(name: string, types: readonly string[] = []): AsyncIterable<Check> {
    this.#call(['examine', name, ...types].join(' '))
    for (const check of this.checks.get(name) ?? []) {
      await Promise.resolve()
      yield check
    }
  }

  #call(name: string): void {
    this.journal.push(name)
    const error = this.failing.on?.(name)
    if (error) throw error
  }

  calls(prefix: string): number {
    return this.journal.filter((entry) => entry.startsWith(prefix)).length
  }

  /** As a verb is given it: this one cloud alone. */
  get clouds(): Clouds {
    return new Clouds([this.cloud])
  }

  /** What the fake cloud says of all machines; it may refuse to, or never answer. */
  price: Price | undefined | 'refused' | 'silent' = {
    usdPerHour: 0.5,
    asOf: '2026-11-01',
    source: 'Nimbus price list',
  }

  #price(): Promise<Price | undefined> {
    this.#call('cloud.price')
    if (this.price === 'silent') return new Promise(() => undefined)
    if (this.price === 'refused')
      return Promise.reject(new Failure('permission-denied', { tried: 'read the price' }))
    return Promise.resolve(this.price)
  }

  get cloud(): Cloud {
    return {
      name: this.name,
      account: async () => this.account,
      complaints: () => [],
      limits: {
        payloadBytes: 16_384,
        carrier: 'cloud-init',
        atomic: true,
        console: true,
        conceals: this.conceals,
      },
      resolve: async () => (this.#call('cloud.resolve'), { candidates: this.candidates, warnings: [] }),
      create: async (wanted, order) => this.#create(wanted, order),
      list: async (query, regions) => this.#list(query, regions),
      listEnded: async (query, regions) => this.#listEnded(query, regions),
      look: async ({ id }) => (this.#call('cloud.look'), this.instances.get(id)),
      enabledRegions: async () => (this.#call('cloud.enabledRegions'), this.regions),
      destroy: async ({ id }) => {
        this.#call(`cloud.destroy ${id}`)
        this.#end(id)
      },
      console: async ({ id }) => {
        this.#call('cloud.console')
        const instance = this.instances.get(id)
        if (!instance || !this.script.console) return undefined
        const age = this.clock.now() - instance.createdAt - this.consoleLag
        return this.script.console
          .filter(({ at }) => at <= age)
          .map(({ line }) => `${line}\n`)
          .join('')
      },
      regionsOf: (words) => ({ regions: words.length > 0 ? words : ['north-1'], complaints: [] }),
      isRegion: (text) => /^[a-z]+-\d$/.test(text),
      conceal: async ({ id }) => (this.#call(`cloud.conceal ${id}`), this.readable),
      permissions: () => ['create'],
      examine: ({ request }) => this.#examine(this.name, request.types),
      machinePage: ({ id }) => `https://nimbus.example/${id}`,
      price: () => this.#price(),
      searchHint: (identity) => `machines with the tag cml-runner-identity=${identity}`,
      removalCommand: ({ id }) => `${this.name} rm ${id}`,
    }
  }

  /** Each region is asked for by itself, as `cloud.list <what> <region>`, so that one can fail. */
  #list(query: LeaseQuery, regions: readonly string[]): Listing {
    const [what = ''] = Object.keys(query)
    const unreadable = this.#unreadable(`cloud.list ${what}`, regions)
    if (what !== 'scope' && this.lag > 0 && this.instances.size > 0 && this.lag-- > 0)
      return { machines: [], unreadable }
    const seen = this.#seen(query, regions, unreadable)
    return { machines: seen.filter(({ state }) => state !== 'gone'), unreadable }
  }

  #listEnded(query: LeaseQuery, regions: readonly string[]): Listing {
    const unreadable = this.#unreadable('cloud.listEnded', regions)
    const seen = this.#seen(query, regions, unreadable)
    return { machines: seen.filter(({ state }) => state === 'gone'), unreadable }
  }

  #unreadable(call: string, regions: readonly string[]): readonly Unreadable[] {
    return regions.flatMap((region) => {
      try {
        this.#call(`${call} ${region}`)
        return []
      } catch (failure) {
        if (!(failure instanceof Failure)) throw failure
        return [{ place: { cloud: this.name, region }, failure }]
      }
    })
  }

  #seen(
    query: LeaseQuery,
    regions: readonly string[],
    unreadable: readonly Unreadable[],
  ): readonly Instance[] {
    const blind = unreadable.map(({ place }) => place.region)
    return this.#carrying(
      query,
      regions.filter((region) => !blind.includes(region)),
    )
  }

  #carrying(query: LeaseQuery, regions: readonly string[]): readonly Instance[] {
    const [key, value] = tagOf(query)
    return [...this.instances.values()].filter(
      ({ id, region, lease }) =>
        regions.includes(region) && (this.#tags.get(id) ?? (lease && leaseToTags(lease)))?.[key] === value,
    )
  }

  #end(id: string, ended?: Instance['ended']): void {
    const instance = this.instances.get(id)
    if (!instance) return
    this.instances.set(id, { ...instance, state: 'gone', ...(ended ? { ended } : {}) })
    for (const [key, runner] of this.runners)
      if (runner.name === this.#nameOf(id)) this.runners.set(key, { ...runner, online: false })
  }

  readonly #names = new Map<string, string>()
  #nameOf(id: string): string | undefined {
    return this.#names.get(id)
  }

  #create(wanted: Candidate, order: CreateOrder): Owned {
    this.#call(`cloud.create ${wanted.place ?? wanted.region}`)
    const refusal = this.refuse.get(wanted.place ?? wanted.region)
    if (refusal) throw refusal
    const id = `i-${++this.#sequence}`
    const now = this.clock.now()
    const { region, type, market } = wanted
    const instance = {
      ...standing,
      cloud: this.name,
      id,
      region,
      type,
      market,
      launchedAt: Math.floor(now / 1000),
      createdAt: now,
      lease: order.lease,
    }
    this.instances.set(id, instance)
    this.orders.push(order)
    this.#names.set(id, order.lease.name)
    const script = this.script
    if (script.onlineAfter !== undefined) this.#scheduleRunner(id, order, script.onlineAfter)
    if (script.diesAfter !== undefined) this.clock.at(script.diesAfter, () => this.#end(id, script.ended))
    return instance
  }

  /** A machine registers its runner, and some time later that is online. */
  #scheduleRunner(id: string, order: CreateOrder, onlineAfter: number): void {
    let made: Runner | undefined
    this.clock.at(Math.max(0, onlineAfter - registeredBefore), () => void (made = this.#register(id, order)))
    this.clock.at(onlineAfter, () => {
      if (made && this.runners.has(made.id) && this.instances.get(id)?.state === 'running')
        this.runners.set(made.id, { ...made, online: true, connected: true })
    })
  }

  #register(id: string, { lease }: CreateOrder): Runner | undefined {
    return this.instances.get(id)?.state === 'running' ? this.register(lease) : undefined
  }

  /** As a machine of its cloud does. */
  register(lease: Lease): Runner {
    return this.addRunner({
      name: lease.name,
      labels: [
        ...this.labels,
        uniqueLabel(lease.identity),
        `cml-at-${this.name}-north-1`,
        ...this.accountLabels,
        runLabel(lease),
      ],
      online: false,
      connected: false,
    })
  }

  /** A machine that was there before. */
  addMachine(machine: Partial<Instance> & { readonly lease: Lease }): Owned
  addMachine(machine: Partial<Instance>): Instance
  addMachine(machine: Partial<Instance>): Instance {
    const id = machine.id ?? `i-${++this.#sequence}`
    const now = this.clock.now()
    const made = { ...standing, cloud: this.name, launchedAt: now / 1000, createdAt: now, ...machine, id }
    this.instances.set(id, made)
    if (made.lease) this.#names.set(id, made.lease.name)
    return made
  }

  readonly #tags = new Map<string, Readonly<Record<string, string>>>()

  /** One whose tags somebody has written, or damaged. */
  addTagged(
    lease: Lease,
    change: Partial<Record<keyof typeof leaseTags, string>>,
    machine: Partial<Instance> = {},
  ): Instance {
    const changed = Object.entries(change).map(([what, text]) => [
      leaseTags[what as keyof typeof leaseTags],
      text,
    ])
    const tags = { ...leaseToTags(lease), ...(Object.fromEntries(changed) as Record<string, string>) }
    const made = this.addMachine({ ...machine, ...readLease(tags) })
    this.#tags.set(made.id, tags)
    return made
  }

  get accountLabels(): readonly string[] {
    return this.account === undefined ? [] : [accountLabel(this.account)]
  }

  async *#failedSince(since: number): AsyncIterable<readonly string[]> {
    this.#call(`forge.failedSince ${this.clock.now() - since}`)
    yield [...this.pipelines.keys()]
  }

  addRunner(runner: Partial<Runner> & { readonly name: string }): Runner {
    const made = {
      id: `${this.name}-${++this.#sequence}`,
      online: true,
      busy: false,
      connected: true,
      labels: [],
      ...runner,
    }
    this.runners.set(made.id, made)
    return made
  }

  get forge(): Forge {
    return {
      name: 'Smithy',
      scope: 'smithy.example/team/repo',
      runnersPage: 'https://smithy.example/runners',
      runnerPage: ({ id }) => `https://smithy.example/runners/${id}`,
      noticesLoss: true,
      runs: {
        find: async (id) => {
          this.#call(`forge.run ${id}`)
          return this.pipelines.get(id)
        },
        failedSince: (since) => this.#failedSince(since),
        again: async ({ id }, lost) => {
          this.#call(`forge.again ${id}: ${lost.map(({ name }) => name).join(', ')}`)
          return { ordered: true, said: 'runs again' }
        },
        advice: async () => ['on: again'],
      },
      register: async ({ name }: RegistrationRequest) => {
        this.#call(`forge.register ${name}`)
        return {
          forge: 'github',
          kind: 'token',
          url: 'https://smithy.example',
          token: 'one-hour-secret',
          expiresAt: this.clock.now() / 1000 + 3600,
        }
      },
      sampleRegistration: () => ({ forge: 'github', kind: 'jit', config: 'x'.repeat(4000) }),
      secretsOf: (registration) => ('token' in registration ? [registration.token] : [registration.config]),
      download: async () => (
        this.#call('forge.download'),
        { url: 'https://smithy.example/runner.tgz', sha256: 'a'.repeat(64), version: '1' }
      ),
      findRunner: async (name, _, isMeant = () => true) => (
        this.#call('forge.findRunner'),
        [...this.runners.values()].find((runner) => runner.name === name && isMeant(runner))
      ),
      listRunners: () => this.#pages(),
      serving: ({ name, labels, online }) => this.#serving(name, labels, online),
      unregister: async ({ id }) => {
        this.#call(`forge.unregister ${id}`)
        if (this.runners.get(id)?.busy) return 'busy'
        this.runners.delete(id)
        return 'gone'
      },
      runsOn: (label) => ['self-hosted', label],
      examine: () => this.#examine('smithy'),
    }
  }

  async *#serving(
    name: string | undefined,
    labels: readonly string[],
    online: boolean,
  ): AsyncIterable<readonly Sighting[]> {
    const sighted = (runners: readonly Runner[]): readonly Sighting[] =>
      runners
        .filter((runner) => !online || runner.online)
        .map((runner) => {
          const whole = { runner, serves: carries(runner, labels) }
          return { ...runner, whole: async () => whole }
        })
    this.#call('forge.serving')
    yield sighted([...this.runners.values()].filter((runner) => runner.name === name))
    for await (const page of this.#pages()) yield sighted(page.filter((runner) => carries(runner, labels)))
  }

  async *#pages(): AsyncIterable<readonly Runner[]> {
    const all = [...this.runners.values()]
    for (let start = 0; start < all.length; start += 100) {
      this.#call('forge.page')
      yield all.slice(start, start + 100)
    }
  }
}

/** Regions of the fake cloud. */
export function placesIn(...regions: readonly string[]): readonly Place[] {
  return regions.map((region) => ({ cloud: 'nimbus', region }))
}

/** A host that remembers what it was told. */
export class RecordingHost implements Caller {
  readonly name = 'recording'
  readonly lines: string[] = []
  readonly masks: string[] = []
  readonly saved: Record<string, string> = {}
  readonly outputs: Outputs[] = []
  readonly linked: Link[] = []
  readonly summaries: string[] = []
  readonly printed: string[] = []
  readonly cancel = new AbortController()
  readonly postStep = 'post step'
  postFollows = true
  hurried = true
  readonly signal = this.cancel.signal
  readonly log = {
    debug: (text: string) => void this.lines.push(text),
    info: (text: string) => void this.lines.push(text),
    warn: (text: string) => void this.lines.push(`warning: ${text}`),
    error: (text: string) => void this.lines.push(`error: ${text}`),
  }
  origin = () => ({
    host: 'recording',
    run: '1',
    attempt: '1',
    job: 'deploy',
    step: 'launch',
    owner: 'someone',
  })
  mask = (secret: string) => void this.masks.push(secret)
  group = <T>(title: string, body: () => Promise<T>): Promise<T> => (this.lines.push(title), body())
  output = (outputs: Outputs) => void this.outputs.push(outputs)
  readonly results: Record<string, unknown> = {}
  result = (name: string, value: unknown) => void (this.results[name] = value)
  announce = (_: string, text: string) => this.log.info(text)
  fail = (trouble: Trouble) => this.log.error(linesOf(trouble).join('\n'))
  links = (links: readonly Link[]) => void this.linked.push(...links)
  print = (text: string) => void this.printed.push(text)
  note = (text: string) => void this.lines.push(`note: ${text}`)
  summary = async (markdown: string) => void this.summaries.push(markdown)
  footer = ''
  get summarized(): boolean {
    return this.summaries.length > 0
  }
  saveState = (name: string, value: string) => void (this.saved[name] = value)
  readState = (name: string) => this.saved[name]
}
