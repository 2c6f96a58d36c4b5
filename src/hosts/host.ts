import type { Log } from '../lib/log.ts'
import type { Origin } from '../model/identity.ts'

/** Everything a launch hands to later jobs, camelCase; lists are JSON or comma text as the contract's table says. */
export interface Outputs {
  readonly instanceIp: string
  readonly instanceId: string
  readonly instanceType: string
  /** ISO 8601. */
  readonly instanceLaunchTime: string
  readonly cloud: string
  /** Zone where there is one. */
  readonly region: string
  readonly spot: boolean
  /** USD per hour; empty when it is not known. */
  readonly price: string
  readonly runnerName: string
  readonly runnerLabels: string
  readonly label: string
  readonly runsOn: string
  /** ISO 8601. */
  readonly expiresAt: string
  readonly reused: boolean
  readonly runners: string
}

/** A page for people. */
export interface Link {
  readonly label: string
  readonly url: string
}

/** What went wrong, for a log and for the page of a job. */
export interface Trouble {
  /** A few words. */
  readonly title: string
  /** Three at most: what, why, what to do. */
  readonly lines: readonly string[]
  /** What belongs to the story: the end of a boot log, what is left. */
  readonly rest: readonly string[]
  /** Whoever wrote the options is to change them. */
  readonly aboutOptions: boolean
}

/** What commands that hand over no machine tell programs. */
export type ResultName = 'launches' | 'removed' | 'candidates'

/** Raw text of the options, by option name, from flags or inputs; empty strings are absent. `variables` is the environment. */
export interface RawOptions {
  readonly given: Readonly<Record<string, string>>
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Words that no option took (command-line only). */
  readonly words: readonly string[]
  /** Problems the surface itself found: `--idle-timeout` without a value. */
  readonly problems: readonly string[]
  /** How this surface writes an option's name: `--` on a command line. */
  readonly prefix: '' | '--'
}

/** Who called us: a GitHub Actions step, a GitLab job or a terminal. */
export interface Host {
  readonly name: string
  readonly log: Log
  /** Aborts at the second SIGINT or SIGTERM, where somebody sits before the program and will not wait: whatever is still unconfirmed is printed. */
  readonly insistence?: AbortSignal
  /** Aborts at the next SIGINT or SIGTERM after this call, for what is worth a wait after the second, too. */
  nextSignal?(): AbortSignal
  /** Undefined where the host has no run: the caller makes a random one. */
  origin(): Origin
  /** Register a text that must not appear in any log; multi-line values are masked line by line. */
  mask(secret: string): void
  group<T>(title: string, body: () => Promise<T>): Promise<T>
  output(outputs: Outputs): void
  /** The same of a command that hands over no machine: goes out as JSON, where outputs have a place beside the log. */
  result(name: ResultName, value: unknown): void
  /** Good news in one line; the title says the same in a few words. */
  announce(title: string, text: string): void
  /** Why the command ends here. */
  fail(trouble: Trouble): void
  /** Where to look at what was launched, for the job's page; hosts without a place for links ignore it. */
  links(links: readonly Link[]): void
  /** What was asked for by itself, such as a list: plain text, shown whatever is logged. */
  print(text: string): void
  /** A line that stays beside the job, where others can read it without its log; elsewhere a line of the log. */
  note(text: string): void
  /** Columns of what shows the print; undefined where nobody sits before it. */
  readonly width?: number
  /** Markdown for the job's page; hosts without one ignore it. */
  summary(markdown: string): Promise<void>
  /** This process has written something there. */
  readonly summarized: boolean
  /** A hint for the post step of the same launch; lost without harm. */
  saveState(name: string, value: string): void
  readState(name: string): string | undefined
  /** Will this process be killed seconds after its first signal, as CI does? At a terminal a person decides with a second one. */
  readonly hurried: boolean
  /** The words that call this program in the job at hand, where its maker has said them. */
  readonly calledBy?: string
  /** What follows this process is called so by people: `post step`, `after_script`. */
  readonly postStep: string
  /** Would a post step follow this process if it were cancelled now? */
  readonly postFollows: boolean
}

/** The host as a door sees it: the one who can be told to end. */
export interface Caller extends Host {
  /** Markdown below whatever is written to the job's page: what was asked for. */
  footer: string
  /** Aborts at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal
}

/** The whole of it, for a log. */
export function linesOf({ lines, rest }: Trouble): readonly string[] {
  return [...lines, ...rest]
}

type Beside = 'result' | 'announce' | 'fail' | 'summary' | 'summarized' | 'footer'

/** Where nothing stands beside the log: a job has no page, no report takes a text of any length, or nobody runs a job. */
export function inLog(log: Log): Pick<Caller, Beside> {
  return {
    result: () => undefined,
    announce: (_, text) => log.info(text),
    fail: (trouble) => log.error(linesOf(trouble).join('\n')),
    summary: () => Promise.resolve(),
    summarized: false,
    footer: '',
  }
}

/** Where nothing outlives the process: what it said itself, it knows. */
export function ownState(): Pick<Host, 'saveState' | 'readState'> {
  const kept = new Map<string, string>()
  return { saveState: (name, value) => void kept.set(name, value), readState: (name) => kept.get(name) }
}
