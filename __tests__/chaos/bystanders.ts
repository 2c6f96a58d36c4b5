import type { Identity } from '../../src/model/identity.ts'
import type { Lease } from '../../src/model/lease.ts'
import { accountLabel, placeLabel, runLabel, uniqueLabel } from '../../src/model/runner.ts'
import type { Fleet } from './light-machine.ts'
import type { OpenCloud, OpenForge } from './rig.ts'
import type { StoryClock } from './story-clock.ts'

interface World {
  readonly cloud: OpenCloud
  readonly cloudName: string
  readonly forge: OpenForge
  readonly fleet: Fleet
  readonly clock: StoryClock
  /** Of the launch that is tried. */
  readonly run: Identity
}

/** Somebody's machine or runner that nothing of a story may touch. */
interface Bystander {
  readonly what: string
  readonly machine?: string
  /** Id of the registration. */
  readonly runner?: string
  /** Only the machine's console tells that it works. */
  readonly silent?: true
  /** Of the run that is tried: somebody's, until that run is stopped. */
  readonly sibling?: true
}

/** An honest machine of which somebody else may speak as if it were his. */
export interface Victim {
  readonly machine: string
  readonly region: string
  readonly lease: Lease
}

const day = 86_400

/**
 * Everybody else who is there: each looks to a careless eye like something that could be taken away. Registrations of machines that have
 * gone long ago are no bystanders: those may be, and by a sweep must be, taken.
 */
export class Bystanders {
  readonly #world: World
  readonly #all: Bystander[] = []
  readonly #victims: Victim[] = []
  readonly #names = new Set<string>()
  #count = 0
  #blind = false
  #stopped = false

  constructor(world: World) {
    this.#world = world
    const { cloud, forge } = world
    const { home, other } = cloud.regions
    this.#add('a machine that is not ours', { machine: cloud.seedMachine(home, undefined) })
    const scope = `${forge.scope}-2`
    const gone = { dueAt: this.#now(-2 * day), expiresAt: this.#now(-day) }
    this.#machine('an expired machine of another scope', home, { ...this.#lease(), scope, ...gone })
    for (const region of [home, other])
      this.#machine(`a living machine of another scope in ${region}`, region, { ...this.#lease(), scope })
    for (const region of [home, other])
      this.#working(`a working machine of another run in ${region}`, region, this.#lease())
    const sibling = { ...this.#lease(), run: world.run }
    this.#working('a working machine of another step of the run', home, sibling, { sibling: true })
    const silent = { ...this.#lease(), dueAt: this.#now(-day) }
    const unregistered = this.#machine(
      'a working machine whose registration somebody has deleted',
      home,
      silent,
      {
        silent: true,
      },
    )
    world.fleet.get(unregistered).say('registered')
    world.fleet.get(unregistered).say('job-started')
    this.#runner("somebody's own offline runner", 'lathe', ['gpu', 'cml'])
  }

  /** The names of those who work and of whom the forge may say that they are offline. */
  isWorking = (name: string): boolean => this.#names.has(name)

  /** Those whose machines and launches others could point at. */
  get victims(): readonly Victim[] {
    return this.#victims
  }

  /** A machine that was ordered this very moment by somebody else. */
  seedYoung(): void {
    const { cloud } = this.#world
    const lease = { ...this.#lease(), dueAt: this.#now(day) }
    const machine = cloud.seedMachine(cloud.regions.home, lease)
    this.#add('a machine of the same scope that has just been ordered', { machine })
  }

  /** Registrations of machines that have gone. */
  seedCorpses(count: number): void {
    const { cloud, forge } = this.#world
    for (let index = 0; index < count; index++) {
      const lease = this.#lease()
      const labels = labelsOf(lease, this.#world, cloud.regions.home)
      forge.seedRunner({ name: lease.name, labels, state: 'offline' })
    }
  }

  /** Nobody can tell any more that it works, and a sweep may end it. It still belongs to nobody's launch here. */
  forgetSilent(): void {
    this.#blind = true
  }

  /** Whoever stops the run means this one, too. */
  forgetSiblings(): void {
    this.#stopped = true
  }

  owns({ machine, runner }: { readonly machine?: string; readonly runner?: string }): boolean {
    return this.#all.some(
      (known) =>
        (machine !== undefined && known.machine === machine) ||
        (runner !== undefined && known.runner === runner),
    )
  }

  /** Sentences about what is missing; `of`: of these machines alone. */
  harmed(of?: ReadonlySet<string>): readonly string[] {
    const machines = new Map(this.#world.cloud.machines().map((machine) => [machine.id, machine]))
    const runners = new Set(this.#world.forge.runners().map(({ id }) => id))
    const expected = this.#all.filter(
      ({ machine, silent, sibling }) =>
        !(silent && this.#blind) && !(sibling && this.#stopped) && (!of || of.has(machine ?? '')),
    )
    return expected.flatMap(({ what, machine, runner }) => [
      ...(machine && !machines.get(machine)?.alive ? [`${what}: machine ${machine} was ended`] : []),
      ...(runner && !runners.has(runner) ? [`${what}: registration ${runner} was removed`] : []),
    ])
  }

  #machine(what: string, region: string, lease: Lease, more: Pick<Bystander, 'silent'> = {}): string {
    const machine = this.#world.cloud.seedMachine(region, lease)
    this.#victims.push({ machine, region, lease })
    this.#add(what, { machine, ...more })
    return machine
  }

  #working(what: string, region: string, ordered: Lease, more: Pick<Bystander, 'sibling'> = {}): void {
    const { cloud, forge, fleet } = this.#world
    const lease = { ...ordered, dueAt: this.#now(-day) }
    const machine = cloud.seedMachine(region, lease)
    for (const milestone of ['registered', 'listening', 'job-started']) fleet.get(machine).say(milestone)
    const labels = labelsOf(lease, this.#world, region)
    const runner = forge.seedRunner({ name: lease.name, labels, state: 'working' })
    this.#names.add(lease.name)
    this.#victims.push({ machine, region, lease })
    this.#add(what, { machine, ...(runner ? { runner } : {}), ...more })
  }

  #runner(what: string, name: string, labels: readonly string[]): void {
    const runner = this.#world.forge.seedRunner({ name, labels, state: 'offline' })
    this.#add(what, runner ? { runner } : {})
  }

  #add(what: string, who: Omit<Bystander, 'what'>): void {
    this.#all.push({ what, ...who })
  }

  /** Of another run, with a month to live. */
  #lease(): Lease {
    const letters = 'abcdefghijklmnopqrst'
    const letter = letters[this.#count++]!
    const identity = `bystander${letter}`.padEnd(20, '2')
    return {
      identity,
      run: 'another'.padEnd(20, '2'),
      scope: this.#world.forge.scope,
      owner: 'somebody',
      name: `cml-${identity}`,
      dueAt: this.#now(600),
      nonce: `stand${letter}`,
      expiresAt: this.#now(30 * day),
    }
  }

  #now(seconds: number): number {
    return Math.floor(this.#world.clock.now() / 1000) + seconds
  }
}

function labelsOf(lease: Lease, { cloud, cloudName }: World, region: string): readonly string[] {
  const where = [placeLabel(cloudName, region), accountLabel(cloud.account)]
  return ['cml', uniqueLabel(lease.identity), ...where, runLabel(lease)]
}
