import type { Lease } from '../../src/model/lease.ts'
import type { BootMachine, MachineEnd } from '../emulators/machine-port.ts'

/** What an emulator is started with, whatever the cloud. */
export interface CloudOptions {
  /** Boots a machine with the very bytes that were sent; without it machines are only entries. */
  readonly boot?: BootMachine
  /** Unix ms. */
  readonly now?: () => number
  /** PEM. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Whose machines these are, in the cloud's own form. */
  readonly account?: string
}

/**
 * What a request of the product is for: what there is to choose from, which regions the account has, which machines there are, a new machine, the end of one, its boot log, whose
 * account it is.
 */
export type Verb = 'resolve' | 'regions' | 'list' | 'create' | 'destroy' | 'console' | 'account'

export interface CloudCall {
  readonly verb: Verb
  /** As the vendor calls it. */
  readonly name: string
  /** It changes something, if it is carried out. */
  readonly changes: boolean
  /** Of the answer; 0 = none was given. */
  readonly status: number
  readonly throttled: boolean
}

/** As the emulators have it: done to a request on its way. */
export type CloudFault = 'reset-before' | 'reset-after' | '5xx' | 'throttle' | 'malformed' | 'unheard'

/** A machine as the cloud's own record has it. */
export interface CloudMachine {
  readonly id: string
  readonly region: string
  /** Where it is, as the output `region` says it. */
  readonly place: string
  readonly type: string
  readonly market: 'spot' | 'on-demand'
  /** Somebody pays for it. */
  readonly billed: boolean
  /** Nothing of it is there any more. */
  readonly ended: boolean
  /** For people: what the vendor calls its state, and why. */
  readonly told: string
  /** What people see it called, where that may be any words. */
  readonly name?: string | undefined
  /** What the machine and each part of it say alike: the user's `cloud-metadata`, and more. */
  readonly tags: Readonly<Record<string, string>>
  /** Undefined when it is none of ours. */
  readonly lease: Lease | undefined
  /** What travelled for it to execute. */
  readonly payloadBytes: number
}

/** An emulated cloud, as stories, benchmark and demo need it. */
export interface EmulatedCloud {
  readonly side: CloudSide
  readonly url: string
  /** Environment of a process that may use it. */
  readonly variables: Readonly<Record<string, string>>
  /** Values of it that nobody else may read. */
  readonly secrets: readonly string[]
  readonly account: string
  readonly machines: readonly CloudMachine[]
  /** Requests of the product, in order; of one verb, where it is given. Those for the account are told alone. */
  calls(verb?: Verb): readonly CloudCall[]
  /** Called for each request. Undefined leaves it alone. */
  fault: ((call: CloudCall) => CloudFault | undefined) | undefined
  hold: ((call: CloudCall) => Promise<void> | undefined) | undefined
  /** Requests of this verb are refused for want of permission; in one region only, where it is given. */
  deny(verb: Verb, region?: string): void
  /** No place has a machine left, or none of this region, or not this one place. */
  dry(where?: string): void
  /** The account may have no machine more: its quotas are used up. */
  exhaust(): void
  /** There are machines again. */
  restock(): void
  /** So many of the next calls are throttled. */
  throttle(calls: number): void
  /** What the vendor documents as its limits holds. */
  limit(): void
  /** What is created from now on stays out of so many listings. */
  lag(looks: number): void
  /** The machines that are there stay out of so many listings more. */
  hide(looks: number): void
  /** `lag`: as it was so many ms ago. */
  console(how: 'live' | 'absent' | { readonly lag: number }): void
  /** ms between the order and a machine's first instruction. */
  bootDelay(ms: number): void
  /** From now on machines die in their boot. */
  diesInBoot(): void
  /** The next machine ends for want of capacity before it boots. */
  startsEmpty(): void
  /** So many looks pass until a machine that was ordered runs, and until one that was ended has ended. */
  slow(looks: number): void
  /** Nobody tells whose account it is. */
  hushAccount(): void
  /** A machine that nobody asked for in this world. Without a lease it is none of ours. `launchedAt`: unix ms. */
  seed(region: string, lease: Lease | undefined, launchedAt?: number): CloudMachine
  /** One that says it is ours, and no more. */
  seedHalf(region: string, launchedAt?: number): CloudMachine
  /** Time passes for the cloud, and for nobody else. */
  advance(ms: number): void
  /** The cloud takes a machine away. */
  end(id: string): void
  /** The spot market wants it back: a notice, and after `notice` ms its end. */
  interrupt(id: string, notice?: number): void
  /** Everything that is there and costs money, or would. */
  leftovers(): number
  /** JSON of everything that exists. */
  snapshot(): string
  /** Requests that no such cloud would have understood. */
  readonly refused: readonly string[]
  /** Resolves with what `find` gives as soon as it gives something, asked again on every change and request. */
  until<T>(find: () => T | undefined | false): Promise<T>
  close(): Promise<void>
}

/** The most that is well in the benchmark: s to the first request over the floor, MB of memory, kB of code, bytes that a machine is sent. */
export interface Budgets {
  readonly startup: number
  readonly memory: number
  readonly code: number
  readonly payload: number
}

/** What a cloud is to tests that are about no cloud. One file for each line of the registry. */
export interface CloudSide {
  /** As in the registry. */
  readonly name: string
  /** What people call the service that is emulated. */
  readonly service: string
  /** Folder of its emulator, in `__tests__/emulators/`. */
  readonly emulator: string
  /** By what it is named anywhere, in small letters: nobody else's files hold these words. */
  readonly names: readonly string[]
  /** What a launch is given there, so that its machine can end itself. */
  readonly inputs: Readonly<Record<string, string>>
  /** How it then ends: it switches itself off, or tells the cloud to take it. */
  readonly ownEnd: MachineEnd
  /** No system of its own starts in what it makes: all of a boot is before the first instruction. */
  readonly withoutSystem?: boolean
  /** The forge's program comes in an image: nothing that is made there fetches a file of it. */
  readonly withoutDownload?: true
  /** It has no market but one. */
  readonly withoutSpot?: true
  /** People see a machine under the very name of its runner. */
  readonly namesMachines?: true
  /** What launches of `inputs` make is read by one question, whatever region it is in. */
  readonly readsWhole?: true
  /** In one region only one machine gets the name of a launch: a second try meets the first by it. */
  readonly oneOfAName?: true
  /** Who names no region means one alone, whatever others there are. */
  readonly oneRegion?: true
  /** What has no machine left may get one, and says so late; whose quota is used up says so at once. */
  readonly emptyByQuota?: true
  /** No listing tells of machines that are gone. */
  readonly forgets?: boolean
  /** What its SDK may take, where that is more than the first cloud's. */
  readonly budgets?: Budgets
  /** Requests that change something, for one machine. */
  readonly mutationsPerCreate: number
  /** What costs money of one machine that was seeded, as `leftovers` counts. */
  readonly leftoversPerMachine: number
  readonly words: {
    /** What a machine says when the market, or the cluster, takes it. */
    readonly takenBack: string
    /** The region where a launch goes by default, the place there that it tries first, and a region nobody names. */
    readonly home: string
    readonly homePlace: string
    readonly other: string
    /** The type of a default launch. */
    readonly type: string
    /** A type of another processor. */
    readonly armType: string
    /** Eight places, all of which sell `type`; a launch asks them in this order. */
    readonly eightPlaces: readonly string[]
    /** What a person types to end a machine. */
    removal(machine: Pick<CloudMachine, 'id' | 'region'>): string
    /** Where a person sees it in a browser. */
    page(machine: Pick<CloudMachine, 'id' | 'region'>): string
    /** How a person looks for what carries an identity. */
    search(identity: string): string
    /** What a launch says whose places were all empty. */
    readonly empty: string
    /** … and when the account may have no more. */
    readonly exhausted: string
    /** A region between which and `home` no launch chooses by itself. */
    readonly next: string
    /** Two places of `home`, both of which sell `type`. */
    readonly twoPlaces: readonly [string, string]
    /** By which names, sorted, a proxy sees who asks it: the launcher, and a machine at its end. Of a tunnel it sees nobody. */
    readonly asks: { readonly launcher: readonly string[]; readonly machine: readonly string[] }
    /** What an id of a machine begins with, and one that nobody has. */
    readonly ids: { readonly begin: string; readonly nobody: string }
    /** What a launch says that may not create, besides the vendor's own words. */
    readonly denied: string
    /** Steps of a workflow that log in, by the action they use: what the demo says in their place. */
    readonly logins: Readonly<Record<string, string>>
  }
  start(options?: CloudOptions): Promise<EmulatedCloud>
}
