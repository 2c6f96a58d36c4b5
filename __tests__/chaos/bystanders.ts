import type { Lease } from '../../src/model/lease.ts'
import { placeLabel, runLabel, uniqueLabel } from '../../src/model/runner.ts'
import type { Fleet } from './light-machine.ts'
import type { OpenCloud, OpenForge } from './rig.ts'
import type { StoryClock } from './story-clock.ts'

interface World {
  readonly cloud: OpenCloud
  readonly cloudName: string
  readonly forge: OpenForge
  readonly fleet: Fleet
  readonly clock: StoryClock
}

/** Somebody's machine or runner that nothing of a story may touch. */
interface Bystander {
  readonly what: string
  readonly machine?: string
  readonly runner?: string
  /** Only the machine's console tells that it works. */
  readonly silent?: true
}

const day = 86_400

/**
 * Everybody else who is there: each looks to a careless eye like something that could be taken away. Registrations of machines that have
 * gone long ago are no bystanders: those may be, and by a sweep must be, taken.
 */
export class Bystanders {
  readonly #world: World
  readonly #all: Bystander[] = []
  #count = 0
  #blind = false

  constructor(world: World) {
    this.#world = world
    const { cloud, forge } = world
    const { home, other } = cloud.regions
    this.#add('a machine that is not ours', { machine: cloud.seedMachine(home, undefined) })
    const expired = {
      ...this.#lease(),
      scope: `${forge.scope}-2`,
      dueAt: this.#now(-2 * day),
      expiresAt: this.#now(-day),
    }
    this.#add('an expired machine of another scope', { machine: cloud.seedMachine(home, expired) })
    for (const region of [home, other]) this.#working(region)
    const unregistered = cloud.seedMachine(home, { ...this.#lease(), dueAt: this.#now(-day) })
    world.fleet.get(unregistered).say('registered')
    world.fleet.get(unregistered).say('job-started')
    this.#add('a working machine whose registration somebody has deleted', {
      machine: unregistered,
      silent: true,
    })
    this.#runner("somebody's own offline runner", 'lathe', ['gpu', 'cml'])
  }

  /** The names of those who work and of whom the forge may say that they are offline. */
  isWorking = (name: string): boolean => this.#all.some(({ machine, runner }) => machine && runner === name)

  /** A machine that was ordered this very moment by somebody else. */
  seedYoung(): void {
    const { cloud } = this.#world
    const lease = { ...this.#lease(), dueAt: this.#now(7_200) }
    const machine = cloud.seedMachine(cloud.regions.home, lease)
    this.#add('a machine of the same scope that has just been ordered', { machine })
  }

  /** Registrations of machines that have gone. */
  seedCorpses(count: number): void {
    const { cloud, cloudName, forge } = this.#world
    for (let index = 0; index < count; index++) {
      const lease = this.#lease()
      const labels = labelsOf(lease, cloudName, cloud.regions.home)
      forge.seedRunner({ name: lease.name, labels, working: false })
    }
  }

  /** Nobody can tell any more that it works, and a sweep may end it. It still belongs to nobody's launch here. */
  forgetSilent(): void {
    this.#blind = true
  }

  owns({ machine, runner }: { readonly machine?: string; readonly runner?: string }): boolean {
    return this.#all.some(
      (known) =>
        (machine !== undefined && known.machine === machine) ||
        (runner !== undefined && known.runner === runner),
    )
  }

  /** Sentences about what is missing. */
  harmed(): readonly string[] {
    const machines = new Map(this.#world.cloud.machines().map((machine) => [machine.id, machine]))
    const runners = new Set(this.#world.forge.runners().map(({ name }) => name))
    const expected = this.#all.filter(({ silent }) => !(silent && this.#blind))
    return expected.flatMap(({ what, machine, runner }) => [
      ...(machine && !machines.get(machine)?.alive ? [`${what}: machine ${machine} was ended`] : []),
      ...(runner && !runners.has(runner) ? [`${what}: registration ${runner} was removed`] : []),
    ])
  }

  #working(region: string): void {
    const { cloud, cloudName, forge, fleet } = this.#world
    const lease = { ...this.#lease(), dueAt: this.#now(-day) }
    const machine = cloud.seedMachine(region, lease)
    for (const milestone of ['registered', 'listening', 'job-started']) fleet.get(machine).say(milestone)
    forge.seedRunner({ name: lease.name, labels: labelsOf(lease, cloudName, region), working: true })
    this.#add(`a working machine of another run in ${region}`, { machine, runner: lease.name })
  }

  #runner(what: string, name: string, labels: readonly string[]): void {
    this.#world.forge.seedRunner({ name, labels, working: false })
    this.#add(what, { runner: name })
  }

  #add(what: string, who: Omit<Bystander, 'what'>): void {
    this.#all.push({ what, ...who })
  }

  /** Of another run, with a month to live. */
  #lease(): Lease {
    const letters = 'abcdefghijklmnopqrst'
    const identity = `bystander${letters[this.#count++]}`.padEnd(20, '2')
    return {
      identity,
      run: 'another'.padEnd(20, '2'),
      scope: this.#world.forge.scope,
      owner: 'somebody',
      name: `cml-${identity}`,
      dueAt: this.#now(600),
      nonce: 'other2',
      expiresAt: this.#now(30 * day),
    }
  }

  #now(seconds: number): number {
    return Math.floor(this.#world.clock.now() / 1000) + seconds
  }
}

function labelsOf(lease: Lease, cloud: string, region: string): readonly string[] {
  return ['cml', uniqueLabel(lease.identity), placeLabel(cloud, region), runLabel(lease)]
}
