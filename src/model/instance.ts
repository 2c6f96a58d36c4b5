import type { FailureKind } from './failure.ts'
import type { ReadLease } from './lease.ts'
import type { MachineKey, Place } from './place.ts'
import type { Market, Price } from './price.ts'

export type Architecture = 'x64' | 'arm64'
/** What a machine's programs are made for. */
export interface Platform {
  readonly os: 'linux' | 'macos'
  readonly architecture: Architecture
}

export type { Market }

/** What a machine stands on when it ends. */
export interface Ground {
  /**
   * What powering off does at the cloud: it `ends` the machine and its bill; it `stops` it, and some of it is still paid for; or it is
   * `useless`, and all of it is.
   */
  readonly powerOff: 'ends' | 'stops' | 'useless'
  /**
   * POSIX shell by which root tells the cloud to take the machine; empty where powering off is all that can be done. It exits with 0 when the
   * cloud takes it or has done so, with 77 when it never will (not allowed), with anything else when another try is worth it. Tools: curl and
   * what every image has. It is given the machine's proxy in the environment, ends within 30 s, and prints a reason and no secret. Nothing in
   * it is a user's text. With the word `ask` it only asks whether it would be heard, by the same results.
   */
  readonly farewell: string
  /** Names on the machine's own link, which no proxy can reach, beside the addresses of metadata services. */
  readonly direct?: readonly string[]
}

/** One thing to try: a cloud, a place, a type, a market. Everything in it is resolved; trying it needs no further read. */
export interface Candidate extends Place {
  /** Whose machines the cloud shows there, where it could say: it goes into a label of the runner. */
  readonly account?: string
  /** Zone or subnet asked for; undefined = the cloud chooses. */
  readonly place?: string
  readonly type: string
  /** The word of `cloud-type` that it answers: what the user wants first is tried first, on whatever cloud. */
  readonly typeWord: string
  readonly market: Market
  /** As far as it is known when the machine is ordered. */
  readonly price?: Price
  readonly platform: Platform
  /** False where jobs can have no containers: there is no Docker, and none can be installed. */
  readonly docker?: false
  /** Image id, and its name for people. */
  readonly image: { readonly id: string; readonly name: string }
  readonly diskGb: number
  readonly ground: Ground
  /**
   * What may keep the machine from reaching the forge, as far as the cloud could be asked: one or more sentences for the message of a launch
   * whose runner never came online.
   */
  readonly wayOut: string
  readonly ending: Ending
  /**
   * Seconds that its machine lives at most, where nobody has said how long and the cloud advises fewer than usual: nothing but the end of its time would
   * take it off the bill.
   */
  readonly lifetime?: number
}

/** What ends a machine whatever its agent does. */
export interface Ending {
  /** A sentence for people: "a timer of the machine itself powers it off, which ends it." */
  readonly text: string
  /** What is still paid for after it, or when nothing ends it: told at the launch and in the summary. */
  readonly gap?: string
  /** Where only the machine can find out whether it may end itself at the cloud: what is true then, a sentence for either answer. */
  readonly own?: { readonly allowed: string; readonly refused: string }
}

/**
 * `ending` covers everything from the order to terminate until nothing is billed; `gone` is then. `remnant`: no machine works there (any more), and
 * something of it stays or is billed, as a machine that is switched off or a group that its machine never came into. It is removed and never adopted.
 */
export type InstanceState = 'pending' | 'running' | 'ending' | 'remnant' | 'gone'

/** A machine at a cloud, with what its own tags say of whose it is. */
export interface Instance extends ReadLease, MachineKey {
  readonly zone?: string
  readonly type: string
  readonly market: Market
  readonly state: InstanceState
  /** Whoever makes it has yet to make another part of it, or has died meanwhile: nobody waits for it who looks for a machine to take over. */
  readonly half?: true
  /** Public address, else private. */
  readonly ip?: string
  /** Unix seconds. */
  readonly launchedAt: number
  /** Why it is ending or gone: the vendor's code and what it means, in our words. */
  readonly ended?: { readonly kind: FailureKind; readonly code: string; readonly text: string }
}

/** Is the machine there, or about to be? One that ends, that has ended or of which something is left is not. */
export function isAlive({ state }: Pick<Instance, 'state'>): boolean {
  return state === 'pending' || state === 'running'
}

/** `us-east-1b g4dn.xlarge spot`: one candidate as a person reads it. */
export function renderCandidate(candidate: Candidate): string {
  return `${candidate.type} ${candidate.market} in ${candidate.place ?? candidate.region}`
}
