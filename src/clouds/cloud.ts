import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Download } from '../machine/agent-config.ts'
import type { CarrierName } from '../machine/carriers.ts'
import type { Check } from '../model/check.ts'
import type { Identity } from '../model/identity.ts'
import type { Failure } from '../model/failure.ts'
import type { Lease, LeaseQuery } from '../model/lease.ts'
import type { Candidate, Instance, Platform } from '../model/instance.ts'
import type { Price, Priced } from '../model/price.ts'
import type { Owned } from '../model/ownership.ts'
import type { MachineKey, Place } from '../model/place.ts'

/** What every cloud is given beside its own options. */
export interface CloudContext {
  readonly log: Log
  readonly clock: Clock
  /** The environment: credentials' hints and proxy settings. SDKs read their own variables from the process. */
  readonly variables: Readonly<Record<string, string | undefined>>
  /** The forge's own program, for a cloud whose machines are made from it; absent where no forge is at hand. */
  readonly download?: (platform: Platform, signal?: AbortSignal) => Promise<Download>
}

/** What is asked of any cloud, in words every cloud shares. Already parsed; names are still the user's. */
export interface MachineRequest {
  /** Generic or native regions or zones, in order of preference; none = where this cloud looks first. */
  readonly regions: readonly string[]
  /** Generic sizes (`m`, `l`, `xl`, `m+t4`) or native types, in order of preference. */
  readonly types: readonly string[]
  readonly gpu?: string
  readonly image?: string
  /** GB, when the user named a size; the image's own need wins when it is larger. */
  readonly diskGb: number
  /** The disk's kind in the cloud's own words, operations and MiB per second; what is absent the cloud decides. */
  readonly disk?: { readonly type?: string; readonly iops?: number; readonly throughput?: number }
  /** Sizes and speeds of which several clouds have a line each, as they were written: what one cloud is asked for has numbers alone. */
  readonly diskLines?: Readonly<Partial<Record<'size' | 'iops' | 'throughput', string>>>
  readonly spot: boolean
  /** USD per hour; -1 = the current price. */
  readonly spotPrice: number
  /** Try on-demand when no spot candidate is left. */
  readonly spotFallback: boolean
  readonly permissionSet?: string
  readonly metadata: Readonly<Record<string, string>>
  /** `auto`: a public address is asked for where the place assigns none and its way out needs one. */
  readonly publicAddress: 'auto' | 'always' | 'never'
  /**
   * A host on the internet that the machine must reach by the way out of its own network, and whether it has IPv6. Absent where nothing is known for
   * certain: a server of one's own may stand in that network, and so may a proxy.
   */
  readonly internet?: { readonly host: string; readonly ipv6: boolean }
  /** A public key was given, so somebody wants to log in (clouds warn when nothing is open for it). */
  readonly ssh: boolean
  /** Seconds that the machine may live at most. */
  readonly lifetime: number
  /** Nobody has said so: a cloud that cannot end a machine's bill before has its own say (`Candidate.lifetime`). */
  readonly usualLifetime?: true
}

/** What is wrong with one of the user's words, as far as no vendor need be asked. */
export interface Complaint {
  /** The option that the word stands in: `cloud-region`. Empty where there is no word. */
  readonly option: string
  /** The very word, where it may be one of another cloud's; absent where what is said holds whatever else is launched. */
  readonly word?: string
  /** A sentence that names the option and what would be valid. */
  readonly text: string
}

/** The user's words for regions, as one cloud understands them. */
export interface RegionWords {
  /** Native names, each once: what `list` takes. */
  readonly regions: readonly string[]
  /** Of the words that are none here. */
  readonly complaints: readonly Complaint[]
}

/** Machines that were found, and where nobody could look. */
export interface Listing {
  readonly machines: readonly Instance[]
  /** "Nothing found" says nothing about these. */
  readonly unreadable: readonly Unreadable[]
}

export interface Unreadable {
  readonly place: Place
  readonly failure: Failure
}

export interface Resolution {
  /** In the order they are to be tried; at least one. */
  readonly candidates: readonly Candidate[]
  /** Things the person should know before the launch: substitutes for retired hardware, reads that were denied. */
  readonly warnings: readonly string[]
}

/** What the creating call needs beyond the candidate. */
export interface CreateOrder {
  readonly lease: Lease
  /** What the machine executes, exactly as the cloud is to store it (before transport encoding). */
  readonly payload: Buffer
  /** Public keys for the login user are in the payload; nothing is created for them. */
  readonly request: MachineRequest
}

/** What a launch would ask for, and as whose: its lease is a sample, with the real scope. */
export type Intent = Omit<CreateOrder, 'payload'>

export interface CloudLimits {
  /** Bytes of payload that the cloud takes. */
  readonly payloadBytes: number
  /** How they get into its machines. */
  readonly carrier: CarrierName
  /** Is a refused creation one that has made nothing? Else what it could not take back shows in `list` as `remnant`. */
  readonly atomic: boolean
  /** Does `list` show at once what was made? Then one look after a refusal is proof enough. */
  readonly prompt?: true
  /** Does `conceal` take the registration out of jobs' reach? Else the launch says beforehand that they can read it. */
  readonly conceals?: boolean
  /** Seconds that the cloud lets any machine live, where it sets a limit: a longer `lifetime` is refused before anything is asked. */
  readonly longestLife?: number
  /** Can the boot log be read while the machine boots? */
  readonly console: boolean
}

/**
 * A cloud, seen by the launcher. Every method may throw a Failure, and nothing else on purpose: `cloud-failures.ts` has them by verb.
 *
 * - Reads beyond the least-privilege policy are optional: denied, they become a warning.
 * - Listings may lag behind what was just created; callers look again.
 * - All calls take the signal and stop waiting when it aborts.
 */
export interface Cloud {
  readonly name: string
  readonly limits: CloudLimits

  /**
   * Whose machines this cloud shows to these credentials. Undefined where nobody could say, which is no failure; never throws. An answer is kept, however often
   * it is called; where there was none, a later call may ask once more.
   */
  account(signal?: AbortSignal): Promise<string | undefined>

  /** What is wrong with a request, as far as no vendor need be asked. Never throws. */
  complaints(request: MachineRequest): readonly Complaint[]

  /**
   * Friendly words into ordered candidates, all input checked, reads only. By market first, then by the user's types, then by the regions. Throws `invalid-input` naming every problem,
   * `not-found` for an unknown image, region or group. Never falls back to another image.
   */
  resolve(request: MachineRequest, signal?: AbortSignal): Promise<Resolution>

  /**
   * Creates one machine for the lease's identity in one idempotent call that also tags everything it makes. Called twice
   * for the same identity and candidate it returns the same machine. Throws `capacity-unavailable` or `quota-exceeded` when another
   * candidate may succeed; the cloud's own retries never repeat a capacity answer. Our own twin is found and returned; a machine that only looks like one
   * never is. A refusal that moves on has taken back what it made; what it could not shows in `list` as `remnant`. Where the cloud is not atomic and the vendor
   * itself has said that nothing is there, the refusal says so (`nothingLeft`): else listings, which may lag, are looked at for a while.
   */
  create(candidate: Candidate, order: CreateOrder, signal?: AbortSignal): Promise<Owned>

  /**
   * What is there of ours (`pending`, `running`, `ending`, `remnant`) in the regions given, by what they carry. Those whose tags are damaged are among
   * them, with `damage` for a lease. Empty is an answer. One region that cannot be read hides no other. How many calls that takes is the
   * cloud's own business.
   */
  list(query: LeaseQuery, regions: readonly string[], signal?: AbortSignal): Promise<Listing>

  /**
   * Machines of ours that have ended, as long as the cloud remembers them; none where it forgets at once. A machine that `list` does not show may be in another account; one that is
   * shown here was in this one, and is gone.
   */
  listEnded(query: LeaseQuery, regions: readonly string[], signal?: AbortSignal): Promise<Listing>

  /**
   * The machine as it is now; `gone` (with its reason, where the cloud remembers) when it has ended. Undefined while listings lag. A machine that
   * somebody has switched off without ending it still counts as `running`, since it must still be removed, and has its reason in `ended`.
   */
  look(instance: Instance, signal?: AbortSignal): Promise<Instance | undefined>

  /** Orders the end of a machine. Absent = success. Returning means ordered, not done: look again. */
  destroy(machine: MachineKey, signal?: AbortSignal): Promise<void>

  /** Boot log so far, oldest first, or undefined where it cannot be read now (absent, denied, too early). Never throws. */
  console(instance: Instance, signal?: AbortSignal): Promise<string | undefined>

  /**
   * Did the last reading of the console show that what is to run there has not begun, so that no runner can be online? Absent where it never shows that. Asks nobody.
   */
  waits?(instance: Instance): boolean

  /**
   * Takes what only the boot needed out of the reach of jobs: the runner is about to register, or is online. Called once or more, never throws. A
   * sentence about what stays readable, if anybody needs to know.
   */
  conceal(machine: Instance, signal?: AbortSignal): Promise<string | undefined>

  /** Of no words at all: where this cloud looks first. Asks nobody. */
  regionsOf(words: readonly string[]): RegionWords

  /** Has the text the form of a native region's name? Asks nobody; labels that anybody may have written are read by it. */
  isRegion(text: string): boolean

  /** Every region the account can have machines in, sorted. Throws `permission-denied` when it may not ask. */
  enabledRegions(signal?: AbortSignal): Promise<readonly string[]>

  /**
   * What an hour of such a machine costs. Undefined = not known. Throws `permission-denied` where the credentials may not ask, and what reads throw. Nothing
   * waits for it.
   */
  price(what: Priced, signal?: AbortSignal): Promise<Price | undefined>

  /** Permissions a launch of this request needs, in the vendor's words; optional ones say so. For the dry run. */
  permissions(request: MachineRequest): readonly string[]

  /**
   * What such a launch would meet here, each as soon as it is known: whose credentials these are, each of `permissions` by its cheapest true probe, what is
   * sold and found, what it costs. Makes nothing. Nothing is good that could not be known: a permission that cannot be tried, or that a launch
   * does without, is `unknown`, and so is everything where the cloud is away. Throws the signal's reason alone.
   */
  examine(intent: Intent, signal?: AbortSignal): AsyncIterable<Check>

  /** Where a person looks at this machine; undefined where the cloud has no such page, or none that is known. Asks nobody. */
  machinePage(machine: MachineKey): string | undefined

  /** What carries an identity, for a person who looks for it: `machines with the tag cml-runner-identity=…`. */
  searchHint(identity: Identity): string

  /** What a person types to remove this machine by hand. */
  removalCommand(machine: MachineKey): string
}

/** How a job of GitLab's component gets credentials of this cloud for its own ID token. Every template has it. */
export interface GitlabLogin {
  /** Variable of the job that holds the ID token: `CML_RUNNER_LOGIN_…`, as all variables here. */
  readonly token: string
  /** The input that says for whom the ID token is. */
  readonly audience: { readonly input: string; readonly description: string; readonly default: string }
  /** Further inputs, each in a variable, which holds `-` where nobody gave the input. */
  readonly inputs: readonly {
    readonly input: string
    readonly variable: string
    readonly description: string
  }[]
  /** Lines of POSIX shell, before script and after_script alike: two shells. What the job's environment says already wins. */
  readonly script: readonly string[]
}
