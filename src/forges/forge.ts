import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Check } from '../model/check.ts'
import type { Platform } from '../model/instance.ts'
import type { Again, Run, RunJob } from '../model/run.ts'
import type { Runner } from '../model/runner.ts'
import type { Download, Registration } from '../machine/agent-config.ts'

export interface ForgeContext {
  readonly log: Log
  readonly clock: Clock
  /** The environment: what the forge's own jobs know, and proxy settings. */
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Where the token came from, as a person would say it: `--token`, `GITHUB_TOKEN`. */
  readonly tokenSource?: string
}

/** A variable that by convention holds a token, and where it is good: shown to another server, it is given away. */
export interface TokenVariable {
  readonly name: string
  /** As a person would say it. */
  readonly servers: string
  /** `named` is false when nothing but a git remote told the server: whoever made the folder may have written it. */
  readonly fits: (server: URL, named: boolean, variables: ForgeContext['variables']) => boolean
}

/** Which servers are a forge's, told by addresses and variables alone. */
export interface Servers {
  /** One that everybody knows, run by the forge's own maker. */
  isHosted(server: URL): boolean
  /** Whether a job with these variables, or a repository there, is this forge's. */
  detect(variables: ForgeContext['variables'], repo: URL | undefined): boolean
  readonly tokens: readonly TokenVariable[]
}

/** What is asked of a forge for one machine. */
export interface RegistrationRequest {
  readonly name: string
  readonly labels: readonly string[]
  /** One job, then gone. */
  readonly single: boolean
  readonly workdir?: string
  /** Of the machine, for labels that tell it. */
  readonly platform: Platform
  /** False for a machine on which jobs can have no containers. */
  readonly docker?: false
  /** Seconds until the machine's hard end, for forges that can end a job in time. */
  readonly lifetime?: number
}

/** What somebody asks for who wants to do with a runner that is there. */
export interface ServingWish {
  /** Whoever is called so counts too, whatever its labels. */
  readonly name?: string
  readonly labels: readonly string[]
  /** Only those that are online; else also those that may be about to come. */
  readonly online: boolean
}

/** A registration as a list shows it, before anything more is asked. */
export interface Sighting extends Pick<Runner, 'id' | 'name' | 'online' | 'connected'> {
  /** Undefined where lists do not tell. */
  readonly busy: boolean | undefined
  /** Undefined when it is gone meanwhile, or is not what was asked for after all. */
  whole(signal?: AbortSignal): Promise<Serving | undefined>
}

export interface Serving {
  readonly runner: Runner
  /** It carries all labels that were asked for, as the forge compares them: its name may be all that fits. */
  readonly serves: boolean
}

/**
 * Runs of workflows, or pipelines, of a repository or project; of anything else, each throws `invalid-input`. Each throws as the forge's other verbs do,
 * `permission-denied` naming the permission that is missing.
 */
export interface Runs {
  /** Undefined when there is none of that id (any more). */
  find(id: string, signal?: AbortSignal): Promise<Run | undefined>
  /** Ids of runs that have failed and ended since (clock ms), the latest first, page by page. */
  failedSince(since: number, signal?: AbortSignal): AsyncIterable<readonly string[]>
  /**
   * Runs all of it again that it takes to have a new machine for the lost jobs. Called again for what runs already, it does nothing and says so; what the
   * forge refuses for good (too old, too often) is an answer.
   */
  again(run: Run, lost: readonly RunJob[], signal?: AbortSignal): Promise<Again>
  /** Lines to paste, by which interrupted runs are found and started again. `calledBy`: words that call this program in a job. Asks nobody. */
  advice(calledBy?: string): Promise<readonly string[]>
}

/**
 * A forge, seen by the launcher. Every method may throw a Failure, and nothing else on purpose: `forge-failures.ts` has them by verb. Retries of what the forge
 * asks to be retried (secondary limits, 5xx, `retry-after`) happen inside.
 */
export interface Forge {
  readonly name: string
  /** Where runners go, as people write it and as the `scope` tag carries it: `github.com/org/repo`. */
  readonly scope: string
  /**
   * Whether `Runner.online` becomes false soon after a machine has vanished. Where it does not (GitLab: for two hours), an online
   * runner is no sign of a machine, and only the cloud can tell.
   */
  readonly noticesLoss: boolean
  /**
   * A host on the internet that machines must reach, and whether it has IPv6 as far as is known. Absent for a server of one's own, which may stand in
   * the machines' own network.
   */
  readonly internet?: { readonly host: string; readonly ipv6: boolean }

  /**
   * A secret with which one machine can register itself, or the registration itself when the forge makes it in advance. Called as late
   * as the payload allows. Throws `permission-denied` / `unauthenticated` naming the permission that is missing. Idempotent for a name: a registration that an
   * earlier, lost call made is recognised and replaced. Throws `conflict` when another process has just made the registration of this very
   * launch, which is left alone.
   */
  register(request: RegistrationRequest, signal?: AbortSignal): Promise<Registration>

  /** As large as a real registration and good for nothing: what a dry run measures a payload with. No request is made. */
  sampleRegistration(request: RegistrationRequest): Registration

  /** The texts in it that no log may show. */
  secretsOf(registration: Registration): readonly string[]

  /**
   * Where a machine of that platform fetches the forge's own runner program, and the digest the publisher gives for it. Throws `not-found` where there
   * is none for it, `failed-precondition` rather than name one that cannot be verified.
   */
  download(platform: Platform, signal?: AbortSignal): Promise<Download>

  /**
   * The registration of that name, at a constant cost of one request (two where the forge must search first), conditional where it can.
   * `isMeant` picks one where the forge allows several of one name; by default any is.
   */
  findRunner(
    name: string,
    signal?: AbortSignal,
    isMeant?: (runner: Runner) => boolean,
  ): Promise<Runner | undefined>

  /** Every registration of the scope, page by page. With `ours`, only those that `register` made where that is cheaper for the forge. */
  listRunners(signal?: AbortSignal, which?: 'ours'): AsyncIterable<readonly Runner[]>

  /**
   * Registrations of the scope with that name, then those that would be given a job which asks for all of these labels; page by page, some perhaps twice.
   * Without those that somebody has paused. Who has found one that will do reads no further page.
   */
  serving(wish: ServingWish, signal?: AbortSignal): AsyncIterable<readonly Sighting[]>

  /** Absent = `gone`; `busy` is an answer, of forges that refuse while they believe that a job runs there. */
  unregister(runner: Pick<Runner, 'id'>, signal?: AbortSignal): Promise<'gone' | 'busy'>

  /**
   * Gives a runner no other job than the one that it may have, as far as the forge can: of the labels that jobs ask for it keeps these alone. One that is gone is
   * fine. Absent where the forge's own program, told to stop, takes no other job by itself.
   */
  withholdJobs?(runner: Pick<Runner, 'id'>, labels: readonly string[], signal?: AbortSignal): Promise<void>

  /**
   * What this launch would meet at the forge, each as soon as it is known: the token, the clock, what may be registered, whom it would serve. Reads only.
   * Nothing is good that could not be known, and a forge that is away makes all of it `unknown`. Throws the signal's reason alone.
   */
  examine(request: RegistrationRequest, signal?: AbortSignal): AsyncIterable<Check>

  /** Whose jobs may have been lost with their machine. */
  readonly runs: Runs

  /** What a job asks for to get the runner with this unique label: `["self-hosted","cml-…"]` as `runs-on`, `["cml-…"]` as `tags`. */
  runsOn(label: string): readonly string[]

  /** Where a person looks at the scope's runners. */
  readonly runnersPage: string

  /** … and at one of them. */
  runnerPage(runner: Pick<Runner, 'id'>): string
}
