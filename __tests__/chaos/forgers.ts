import type { AgentConfig } from '../../src/machine/agent-config.ts'
import { identityOf, runOf, type Identity } from '../../src/model/identity.ts'
import { placeLabel } from '../../src/model/runner.ts'
import type { Bystanders, Victim } from './bystanders.ts'
import {
  deal,
  forgedMachines,
  forgedRunners,
  isPerfect,
  isWhole,
  type ForgedMachine,
  type ForgedRunner,
} from './forgeries.ts'
import { decks, takers, takerShare, type Act, type ForgeryPlan } from './forgery-plan.ts'
import type { Claims, Door, OpenCloud, OpenForge, SeenRunner } from './rig.ts'
import type { StoryClock } from './story-clock.ts'

interface World {
  readonly cloud: OpenCloud
  readonly cloudName: string
  readonly forge: OpenForge
  readonly clock: StoryClock
  readonly bystanders: Bystanders
}

/** What the launch that is tried says of itself. */
export interface Self {
  readonly identity: Identity
  readonly run: Identity
  readonly name: string
}

/** Whoever is asked from this door: all of it can be guessed where nothing random is in it. */
export function selfOf(forge: OpenForge, door: Door): Self {
  const origin = forge.origin(door)
  const identity = identityOf(origin, forge.scope, undefined)
  return { identity, run: runOf(origin, forge.scope), name: `cml-${identity}` }
}

interface PlantedMachine {
  readonly what: ForgedMachine
  readonly claims: Claims
  readonly region: string
}

const day = 86_400

/**
 * Somebody who may tag in the account and register in the scope, and reads the public log of the launch as it is written. He knows the scope, the
 * run, the names and identities of everybody, and of the launch that is tried as soon as anybody can; the nonce of nobody before its hand-over.
 */
export class Forgers {
  /** Combinations that were made, as `act: machine 12`. */
  readonly planted: string[] = []
  /** Forged machines that were handed over as the launch's. */
  readonly adopted: string[] = []
  /** Launches that were handed over before their own machine's runner was there. */
  readonly believed: string[] = []
  readonly #world: World
  readonly #plan: ForgeryPlan | undefined
  readonly #machines = new Map<string, PlantedMachine>()
  /** Labels by id: whoever takes the name over changes them, and then it is nobody's forgery any more. */
  readonly #runners = new Map<string, string>()
  readonly #victims = new Set<string>()
  readonly #acted = new Set<Act>()
  #self: Self
  /** By which the launch's own runner should be there, unix seconds; a log tells when it began. */
  #due: number | undefined
  #turn = 0

  /** Without a plan nobody forges anything. */
  constructor(world: World, self: Self, plan: ForgeryPlan | undefined) {
    this.#world = world
    this.#self = self
    this.#plan = plan
  }

  /** What lies about when a story begins. */
  prepare(): void {
    this.#act('before')
    if (!this.#plan?.taken) return
    const { number } = this.#plan
    this.#runner('before', deal(takers.runners, number * takerShare, 1)[0]!)
    if (number % 4 === 0) this.#machine('before', deal(takers.machines, number / 4, 1)[0]!)
  }

  /** Somebody has read in the log that a machine boots, and what it is called. */
  followLog({ identity, name, labels }: Pick<AgentConfig, 'identity' | 'name' | 'labels'>): void {
    this.#self = { ...this.#self, identity, name }
    const due = labels.map((label) => /^cml-run-[a-z2-7]+-(\d+)/.exec(label)?.[1]).find(Boolean)
    this.#due = due === undefined ? undefined : Number(due)
    this.#act('while it boots')
  }

  /** Once more, before somebody takes away what is to be taken away. */
  comeBack(): void {
    this.#act('before the removal')
  }

  /** Is it of their making? A registration that somebody else has replaced is not theirs any more. */
  owns({ machine, runner }: { readonly machine?: string; readonly runner?: SeenRunner }): boolean {
    return (
      (machine !== undefined && this.#machines.has(machine)) ||
      (runner !== undefined && this.#runners.get(runner.id) === markOf(runner))
    )
  }

  /**
   * Sentences about what is gone and was not the product's to take: machines of others that a forgery pointed at, and forged ones that do not say
   * themselves, in full, that they are what was to be removed.
   */
  removed(verbs: ReadonlySet<string>): readonly string[] {
    const { cloud, bystanders } = this.#world
    const alive = new Set(cloud.machines().flatMap(({ id, alive }) => (alive ? [id] : [])))
    const gone = [...this.#machines].filter(([id, planted]) => !alive.has(id) && !this.#mayGo(planted, verbs))
    return [
      ...gone.map(([id, { what }]) => `forged machine ${id} was ended: ${describe(what)}`),
      ...bystanders.harmed(this.#victims),
    ]
  }

  /** Does a living machine of theirs whose tags are damaged speak of this registration? Nobody can say then that it has no machine. */
  speakOf({ name, labels }: SeenRunner): boolean {
    const alive = new Set(this.#world.cloud.machines().flatMap(({ id, alive }) => (alive ? [id] : [])))
    return [...this.#machines].some(
      ([id, { what, claims }]) =>
        alive.has(id) &&
        !isWhole(what) &&
        (claims.name === name || labels.includes(`cml-${claims.identity}`)),
    )
  }

  /** They stop paying for their machines. */
  giveUp(): void {
    for (const { id, alive } of this.#world.cloud.machines())
      if (alive && this.#machines.delete(id)) this.#world.cloud.end(id)
  }

  /**
   * By its own word it is what was to be removed: whole, of this very scope, and of the launch that is undone; or of the run that was stopped;
   * or, where the scope is swept, beyond its time.
   */
  #mayGo({ what, claims }: PlantedMachine, verbs: ReadonlySet<string>): boolean {
    if (!isWhole(what) || what.scope !== 'ours') return false
    const over = Math.min(Number(claims.expiresAt), Number(claims.dueAt) + 600) < this.#now(0)
    return isPerfect(what) || (verbs.has('stop') && what.run === 'ours') || (verbs.has('sweep') && over)
  }

  #act(act: Act): void {
    if (!this.#plan || this.#acted.has(act)) return
    this.#acted.add(act)
    const { number, taken } = this.#plan
    const { machines, runners } = act === 'before' ? decks.before : decks.later
    for (const [deck, count] of runners)
      for (const what of deal<ForgedRunner>(deck, number, count)) this.#runner(act, what)
    const made = deal<ForgedMachine>(machines[0], number, machines[1]).map((what) => this.#machine(act, what))
    const early = act === 'before' && !taken
    const served = made.find(
      ({ what }) => what.identity !== 'none' && !isPerfect(what) && !(early && what.name === 'ours'),
    )
    if (served) this.#serve(served)
  }

  #machine(act: Act, what: ForgedMachine): PlantedMachine {
    const { cloud } = this.#world
    const victim = this.#victim()
    const identity = this.#identity(what.identity, victim)
    const expiresAt = this.#time(what.expiry, 30 * day)
    const run = this.#run(what.run, victim)
    const claims: Claims = {
      scope: this.#scope(what.scope, victim),
      owner: 'mallory',
      name: what.name === 'ours' ? this.#self.name : victim.lease.name,
      dueAt: what.expiry === 'past' ? expiresAt : String(this.#due ?? this.#now(600)),
      expiresAt,
      ...(identity === undefined ? {} : { identity }),
      ...(run === undefined ? {} : { run }),
      ...(what.nonce === 'none' ? {} : { nonce: 'forgem' }),
    }
    const { home, other } = cloud.regions
    const region = what.place === 'here' ? home : other
    const made = { what, claims, region }
    this.#machines.set(cloud.forgeMachine(region, claims), made)
    this.planted.push(`${act}: machine ${forgedMachines.indexOf(what)}`)
    return made
  }

  /** The forged machine has a runner of its own, which fits it in everything and waits for a job. */
  #serve({ claims: { identity, run, name = '', dueAt, nonce }, region }: PlantedMachine): void {
    const { cloudName } = this.#world
    this.#register(name, 'idle', [
      'cml',
      `cml-${identity}`,
      placeLabel(cloudName, region),
      ...(run === undefined ? [] : [`cml-run-${run}-${dueAt}${nonce === undefined ? '' : `-${nonce}`}`]),
    ])
  }

  #runner(act: Act, what: ForgedRunner): void {
    const victim = this.#victim()
    const identity = this.#identity(what.identity, victim)
    const labels = [
      'cml',
      ...(identity === undefined ? [] : [`cml-${identity}`]),
      ...this.#places(what, victim),
      ...this.#runs(what, victim),
    ]
    const { state } = what
    const names =
      what.name === 'ours' ? [this.#self.name] : [victim.lease.name, `forged-${this.#turn}-${labels.length}`]
    if (names.some((name) => this.#register(name, state, labels)))
      this.planted.push(`${act}: runner ${forgedRunners.indexOf(what)}`)
  }

  /** False where somebody has the name. */
  #register(name: string, state: ForgedRunner['state'], labels: readonly string[]): boolean {
    const { forge } = this.#world
    const id = forge.seedRunner({ name, labels, state, managed: true })
    const made = forge.runners().find((runner) => runner.id === id)
    if (id === undefined || !made) return false
    this.#runners.set(id, markOf(made))
    return true
  }

  /** The honest ones in turn, each with everything that is said of others. */
  #victim(): Victim {
    const { victims } = this.#world.bystanders
    const victim = victims[((this.#plan?.number ?? 0) + this.#turn++) % victims.length]!
    this.#victims.add(victim.machine)
    return victim
  }

  #identity(of: ForgedMachine['identity'], { lease }: Victim): string | undefined {
    if (of === 'none') return undefined
    if (of === 'another') return lease.identity
    return of === 'ours' ? this.#self.identity : this.#self.identity.slice(0, 12)
  }

  #scope(of: ForgedMachine['scope'], { lease }: Victim): string {
    const { scope } = this.#world.forge
    if (of === 'ours') return scope
    if (of === 'another') return lease.scope === scope ? `${scope}-2` : lease.scope
    const spellings = [`https://${scope}`, scope.toUpperCase(), `${scope}/`, `${scope}.git`]
    return spellings[this.#turn % spellings.length]!
  }

  #places({ place, identity }: ForgedRunner, victim: Victim): readonly string[] {
    const { cloud, cloudName } = this.#world
    const { home, other } = cloud.regions
    if (place === 'none') return []
    if (place === 'nowhere') return [placeLabel(cloudName, nowhere[this.#turn % nowhere.length]!)]
    const here = identity === 'another' ? victim.region : home
    const elsewhere = here === home ? other : home
    return [placeLabel(cloudName, place === 'here' ? here : elsewhere)]
  }

  #run(of: ForgedMachine['run'], { lease }: Victim): string | undefined {
    if (of === 'none') return undefined
    if (of === 'ours') return this.#self.run
    // Another step of the run that is tried has no other run.
    return lease.run === this.#self.run ? 'strange'.padEnd(20, '2') : lease.run
  }

  #runs({ run: whose, due, nonce }: ForgedRunner, victim: Victim): readonly string[] {
    const run = this.#run(whose, victim)
    if (run === undefined) return []
    const time = due === 'future' && this.#due !== undefined ? String(this.#due) : this.#time(due, 600)
    return [`cml-run-${run}-${time}${nonce === 'none' ? '' : '-forger'}`]
  }

  #time(when: ForgedMachine['expiry'], future: number): string {
    if (when === 'past') return String(this.#now(-2 * day))
    const later = String(this.#now(future))
    if (when === 'future') return later
    return when === 'fraction' ? `${later}.5` : later.slice(0, 8)
  }

  #now(seconds: number): number {
    return Math.floor(this.#world.clock.now() / 1000) + seconds
  }
}

/** Texts in a label of a place that are no region: of another form, and of the right one. */
const nowhere = ['nowhere/x', 'us-nowhere-9', '../../x', 'us-west-1.evil.invalid'] as const

function markOf({ name, labels }: SeenRunner): string {
  return [name, ...[...labels].toSorted()].join(' ')
}

function describe(what: object): string {
  return Object.entries(what)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(', ')
}
