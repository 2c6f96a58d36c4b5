import type { Github, Job } from '../../__tests__/emulators/github/github.ts'
import type { Ground } from '../../src/model/instance.ts'

/** One life of a machine on a real systemd, and how it is to end. */
export interface Story {
  readonly title: string
  /** Seconds; a minute, an hour and ten minutes when absent. */
  readonly idleTimeout?: number
  readonly lifetime?: number
  readonly launchTimeout?: number
  /** One that was there before its runner, and stays: nothing is sent to it, and `prepare` does all. */
  readonly machine?: 'own'
  /** Steps of the one job; none when absent. */
  readonly job?: string
  /** That it asks for. */
  readonly labels?: readonly string[]
  readonly startupScript?: string
  /** A cloud that is to be told of the end, and the status of its answers by their number from 0; powering off ends the machine when absent. */
  readonly cloud?: { readonly powerOff: Ground['powerOff']; answer(count: number): number }
  readonly download?: DownloadKind
  readonly boots?: number
  /** The firmware tells an identity, as that of a cloud's machine does; a container has none of its own. */
  readonly identity?: string
  /** More of systemd-nspawn's options. */
  readonly options?: readonly string[]
  /** Most processes the machine can have. */
  readonly processes?: number
  /** Changes the disk before the first boot. */
  prepare?(root: string, github: Github): void
  /** Seconds from power-on to the end, at most. */
  readonly within: number
  /** Empty when all is well. */
  look(end: End): string[]
}

/** How the runner's archive comes, when not as it should. `seconds`: slowly, and so long. */
export type DownloadKind =
  | 'missing'
  | 'other bytes'
  | 'no archive'
  | 'without Node'
  | 'with a Node that fails'
  | { readonly seconds: number }

export interface End {
  readonly console: string
  readonly job: Job | undefined
  readonly registrations: number
  /** How often the cloud was told. */
  readonly told: number
  readonly status: readonly (number | string)[]
  /** Seconds from the start of the agent's unit to a runner that waits for jobs. */
  readonly ownTime: number
}

/** A machine that can be switched on, again and again, until it is thrown away. */
export interface RealMachine {
  /** Resolves when it is off, with what its console showed. `SIGKILL` when its time was over. */
  boot(): Promise<{ readonly status: number | string; readonly console: string }>
  /** The end of its journal, for whoever looks for a mistake. */
  journal(): string
  /** Seconds from the start of the agent's unit to the line by which its runner waits for jobs; NaN where there were no both. */
  ownTime(): number
  discard(): void
}

export const says = (text: string, ...parts: string[]): string[] =>
  parts.filter((part) => !text.includes(part)).map((part) => `nobody says: ${part}`)

export const holds = (what: string, condition: boolean): string[] => (condition ? [] : [what])

/** Seconds on the machine's clock from one of its milestones to another. */
export function secondsBetween(console: string, from: string, to: string): number {
  const at = (milestone: string) => Number(new RegExp(`cml-runner (\\d+) ${milestone}`).exec(console)?.[1])
  return at(to) - at(from)
}
