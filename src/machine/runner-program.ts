import type { AgentConfig, Registration } from './agent-config.ts'

/** A program to run as the runner's user, in the folder of the forge's program. */
export interface Command {
  /** Program first; absolute, or relative to that folder. */
  readonly line: readonly string[]
  /** Added to the user's environment. Secrets travel here: arguments can be seen by every process. */
  readonly environment: Readonly<Record<string, string>>
}

/** A request that root's agent makes by itself: nothing in it is for the eyes of jobs. */
export interface WebRequest {
  readonly method: string
  readonly url: string
  /** Fields of its body, `application/x-www-form-urlencoded`. */
  readonly form: Readonly<Record<string, string>>
  /** Answers, other than 2xx, after which nothing is left to do: what was to be removed is not there. */
  readonly gone: readonly number[]
}

/** What a line of the forge's program says. */
export type ProgramEvent =
  | { readonly kind: 'listening' }
  /** `name` tells jobs of this machine apart; `title` is for people, where there is a better one. */
  | { readonly kind: 'job-started'; readonly name: string; readonly title?: string }
  /** The forge has called it off: its end, for which the job's own words may take a while, may also go untold. */
  | { readonly kind: 'job-cancelled'; readonly name: string }
  | { readonly kind: 'job-ended'; readonly name: string; readonly result: string }
  /** It replaces itself: it will end and start again by itself. */
  | { readonly kind: 'updating' }
  /** The forge does not know this registration, and the program ends. `final`: it has thrown away what it was registered with. */
  | { readonly kind: 'unregistered'; readonly final: boolean }
  /** The forge will give it no job any more, and the program does not end because of that. */
  | { readonly kind: 'deaf'; readonly text: string; readonly final: boolean }
  /** It does not reach the forge just now, and goes on trying. */
  | { readonly kind: 'trouble'; readonly text: string }
  /** The forge refuses for now (a session left over, a version called too old): worth another try. */
  | { readonly kind: 'refused'; readonly text: string }

/** What the agent carries only for a program that asks for it: user data has little room. `request` makes a `WebRequest`. */
export type Ability = 'request' | 'lookForDocker'

/** What the machine turned out to be when the runner is about to start. */
export interface Surroundings {
  /** Root's own folder, absolute: programs and hooks in it cannot be changed by jobs. */
  readonly home: string
  /** Absolute; belongs to the runner's user. */
  readonly workFolder: string
  /** A Docker that answers. */
  readonly docker: boolean
  /** NVIDIA's driver answers, and Docker can pass GPUs on. */
  readonly gpus: boolean
}

/** The half of a forge that lives on the machine. */
export interface RunnerProgram {
  readonly hooks: (paths: {
    readonly started: string
    readonly completed: string
  }) => Readonly<Record<string, string>>
  /** Name of the processes that carry jobs; absent where its lines alone tell of jobs. */
  readonly worker?: string
  /** What it is told to stop with: after the job that it may just have got, or now, ending the job. Each is sent once. */
  readonly signals: { readonly gently: NodeJS.Signals; readonly now: NodeJS.Signals }
  /** The forge takes the registration of a single runner away with its job. */
  readonly ephemeral: boolean
  /** ms, a little before the forge calls a job off as if somebody had cancelled it; absent where it fails such a job, and says why. */
  readonly longestJob?: number
  /**
   * What cannot wait for the installation of packages: `libicu`, a registration without that library; `docker`, the first job.
   * Absent where nothing has to wait.
   */
  waitsFor(config: AgentConfig): 'libicu' | 'docker' | undefined
  /** Makes the registration. Undefined when starting does it, or the launcher has. `again`: after a try that may have made it by half. */
  register(config: AgentConfig, again: boolean): Command | undefined
  /** Is a failed registration worth another try? */
  transient(output: string): boolean
  /** Starts the program that waits for jobs; `first` is false for a start after one that the forge refused. */
  start(config: AgentConfig, first: boolean, surroundings: Surroundings): Command
  /** Jobs run in containers alone, as whatever users those have: what they leave in the work folder is not the runner's user's. */
  contained?(config: AgentConfig, surroundings: Surroundings): boolean
  /** A sentence about how jobs run here, where that is not what was asked for. */
  caveat?(config: AgentConfig, surroundings: Surroundings): string | undefined
  /** Takes the registration away, called when no job runs; undefined when the machine has no means to. */
  remove(registration: Registration, now: number): Command | WebRequest | undefined
  /** Undefined for lines that change nothing. `now`: unix seconds, where it matters whether the registration's secret has ended. */
  read(line: string, registration?: Registration, now?: number): ProgramEvent | undefined
}
