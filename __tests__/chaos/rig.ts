import type { ChildProcess } from 'node:child_process'
import type { AgentConfig } from '../../src/machine/agent-config.ts'
import type { Origin } from '../../src/model/identity.ts'
import type { Lease } from '../../src/model/lease.ts'
import type { Fleet } from './light-machine.ts'
import type { Secret, Piece } from './secrets.ts'
import type { StoryClock } from './story-clock.ts'

/** What the network or the vendor does to a request; the emulators' own words. */
export const faultKinds = ['5xx', 'throttle', 'reset-before', 'reset-after', 'silent', 'malformed'] as const
export type FaultKind = (typeof faultKinds)[number]

/** One request of the product, by a name that is the same in every story: `RunInstances`, `DELETE /actions/runners/{id}`. */
export interface Call {
  readonly side: 'cloud' | 'forge'
  readonly name: string
  /** A question: carried out late, it changes nothing. */
  readonly reads: boolean
}

/** What sits between the product and an emulator. Both are given the same object for one request. */
export interface Tap {
  /** Keeps the request on its way until the promise resolves. */
  hold(call: Call): Promise<void> | undefined
  /** `unheard`: it is done, and nobody hears so. */
  fault(call: Call): FaultKind | 'unheard' | undefined
}

export interface Surroundings {
  readonly clock: StoryClock
  readonly tap: Tap
  /** Of this story; gone after it. */
  readonly folder: string
}

export interface SeenMachine {
  readonly id: string
  readonly region: string
  /** Somebody pays for it. */
  readonly alive: boolean
  /** Undefined when it is none of ours. */
  readonly lease: Lease | undefined
}

/** What the cloud's own record of a machine says of its launch, right or wrong. Absent members are not there at all. */
export type Claims = Readonly<Partial<Record<keyof Lease, string>>>

/** An emulated cloud as the matrix needs it; one small file for each line of the registry. */
export interface CloudRig {
  /** As in the registry. */
  readonly name: string
  open(surroundings: Surroundings, fleet: Fleet): Promise<OpenCloud>
}

export interface OpenCloud {
  /** Environment of a process that may use it. */
  readonly variables: Readonly<Record<string, string>>
  /** Options of a launch into it. */
  readonly inputs: Readonly<Record<string, string>>
  /** Whose machines they are. */
  readonly account: string
  /** The calls that make a machine, in their order: with each more of it is there. */
  readonly creates: readonly string[]
  /** It knows nothing of machines that are gone: no listing shows that they were there. */
  readonly forgets?: boolean
  /** The call that reads a machine's console: without it nobody can tell that a machine without a registration works. */
  readonly readsConsole: string
  /** Where launches go, and a region nobody names. */
  readonly regions: { readonly home: string; readonly other: string }
  machines(): readonly SeenMachine[]
  /** A machine without anybody's request. Without a lease it is none of ours. Returns its id. */
  seedMachine(region: string, lease: Lease | undefined): string
  /** One that somebody else has made and made look like ours. Returns its id. */
  forgeMachine(region: string, claims: Claims): string
  /** Somebody else ends a machine. */
  end(id: string): void
  /** No machine is to be had: no place has one left, or the account may have no more. */
  refuse(why: 'empty' | 'quota'): void
  /** Looks that do not show a new machine yet. */
  lag(looks: number): void
  /** The clock was set forward: what the cloud's own timers do, they have done long before anybody asks. */
  timePassed?(): void
  /** What would be there or be billed without a machine: volumes, rules, keys. */
  strays(): readonly string[]
  secrets(): readonly Secret[]
  sent(): readonly Piece[]
  /** What the emulator did not understand. */
  refused(): readonly string[]
  close(): Promise<void>
}

export interface SeenRunner {
  readonly id: string
  readonly name: string
  readonly labels: readonly string[]
}

export interface SeededRunner extends Omit<SeenRunner, 'id'> {
  /** It works on a job, waits for one, or is gone for good. */
  readonly state: 'working' | 'idle' | 'offline'
  /** It carries what else the forge's runners of ours carry, whatever its name. */
  readonly managed?: boolean
}

/** The runner on a light machine. */
export interface Joined {
  /** The forge calls it online as soon as it has joined. */
  readonly atOnce: boolean
  online(): void
  /** It works on a job. */
  work(): void
  /** Its machine has gone. */
  offline(): void
}

/** An emulated forge as the matrix needs it; one small file for each line of the registry. */
export interface ForgeRig {
  /** As in the registry. */
  readonly name: string
  /** How many kinds of registrations there are beside the usual one. */
  readonly variants: number
  open(surroundings: Surroundings): Promise<OpenForge>
}

export interface OpenForge {
  /** As the scope tag says it. */
  readonly scope: string
  /** What every process of a job there has in its environment. */
  readonly variables: Readonly<Record<string, string>>
  /** Options of a launch for it, its token apart. */
  readonly inputs: Readonly<Record<string, string>>
  readonly token: string
  /** The first that a step writes down of its outputs, as `fast-time.cjs` names it: its runner is online then. */
  readonly firstOutput: string
  /** ms after which it no longer calls a runner online whose machine is gone, where that takes longer than from one sweep to the next. */
  readonly noticesAfter?: number
  /** Options of a launch with each of those kinds. */
  readonly variants: readonly Readonly<Record<string, string>>[]
  runners(): readonly SeenRunner[]
  /** Returns its id; undefined where its name is taken and the forge takes each once. */
  seedRunner(runner: SeededRunner): string | undefined
  /** What anybody can know or guess of the place that a launch is asked from: a step of a job, or a command in it. */
  origin(door: Door): Origin
  /** `another run`: of the same scope; `another scope`: one that holds it, with what belongs to it alone. `home`: the job's folder. */
  otherJob(sweeper: Sweeper, home: string): OtherJob
  /** Somebody else removes all registrations of that name. */
  delete(name: string): void
  /** `busy: false` of whoever works, deletion of it succeeds; `online: false` of those who are meant. */
  lie(offline: (name: string) => boolean): void
  /** Looks that do not show a new registration yet. */
  lag(looks: number): void
  /** What the machine's program does with its configuration. Rejects when the forge does not take it. */
  join(config: AgentConfig): Promise<Joined>
  /** A step of a job, as the forge's own program runs it. */
  step(options: StepOptions): Promise<Step>
  secrets(): readonly Secret[]
  sent(): readonly Piece[]
  refused(): readonly string[]
  close(): Promise<void>
}

/** Who else may sweep while a launch is under way. */
export const sweepers = ['another run', 'another scope'] as const
export type Sweeper = (typeof sweepers)[number]

/** A job that has nothing to do with the launch. */
export interface OtherJob {
  readonly variables: Readonly<Record<string, string>>
  /** Options that say where it sweeps, if it is not there that it belongs. */
  readonly inputs: Readonly<Record<string, string>>
}

export type Door = 'step' | 'command'

export interface StepOptions {
  readonly dist: string
  /** `launch`, `stop`, `sweep`. */
  readonly command: string
  readonly inputs: Readonly<Record<string, string>>
  readonly variables: Readonly<Record<string, string>>
  /** Told of every process as soon as it is there. */
  readonly onSpawn: (child: ChildProcess) => void
}

export interface End {
  /** Null when a signal ended the process. */
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** What it has handed on so far. */
  readonly outputs: Readonly<Record<string, unknown>>
  /** For a person who looks into a failing case. */
  readonly log: string
}

export interface Step {
  main(): Promise<End>
  /** What the job runs at its end, also after a cancel. */
  post(): Promise<End>
  /** The launch has said that its machine is its user's. */
  handedOver(): boolean
  /** Everything that the step has left for anybody to read. */
  pieces(): readonly Piece[]
  dispose(): Promise<void>
}
