import type { Caller, Trouble } from '../hosts/host.ts'
import { exitCodeOf } from '../hosts/signals.ts'
import { Failure, isAboutArguments } from '../model/failure.ts'
import { issuesPage } from '../model/pages.ts'

/** What is under way, for whoever must tell a person what becomes of it when it is cut short. */
export interface Work {
  /** What may be left of it: sentences; none when nothing can be. */
  left: () => readonly string[] | Promise<readonly string[]>
  /** What a post step that follows does about it, as a sentence; empty when it has nothing to do. */
  later: string
}

export function newWork(): Work {
  return { left: () => [], later: '' }
}

/** Runs a verb, tells a person how it failed if it did, and returns the exit code. Never throws. */
export async function conclude(
  host: Caller,
  verb: (work: Work) => Promise<void>,
  work: Work = newWork(),
): Promise<number> {
  try {
    await verb(work)
    return 0
  } catch (error) {
    if (host.signal.aborted && error === host.signal.reason) await tellInterruption(host, work)
    else await tellAll(host, error)
    if (host.signal.aborted) return exitCodeOf(host.signal.reason)
    return isAboutArguments(error) ? 2 : 1
  }
}

/** Whoever cancelled knows it: no error to be looked into. What becomes of it, the page is told by who does it. */
async function tellInterruption(host: Caller, { later }: Work): Promise<void> {
  const { log, signal, postFollows } = host
  const { code } = (signal.reason as Failure).explanation
  const next = postFollows ? later : ''
  log.warn(`Interrupted by ${code}.${next && ` ${next}`}`)
  if (!host.summarized) await host.summary(`### ⏹️ Cancelled by ${code}\n\n${next}`)
}

/** Found side by side, a defect among them: each is told in its own way. Where the job's page does not tell it already, it does. */
async function tellAll(host: Caller, error: unknown): Promise<void> {
  const { troubleOf, troublePage } = await import('../removal/trouble.ts')
  const all = error instanceof AggregateError ? (error.errors as unknown[]) : [error]
  for (const one of all) tell(host, one, troubleOf)
  if (!host.summarized) await host.summary(all.map((one) => troublePage(one)).join('\n'))
}

function tell(host: Caller, error: unknown, troubleOf: (failure: Failure) => Trouble): void {
  const { log } = host
  if (error instanceof Failure) {
    host.fail(troubleOf(error))
    if (error.cause instanceof Error) log.debug(`Caused by: ${error.cause.stack ?? error.cause.message}`)
    return
  }
  const text = error instanceof Error ? error.message : String(error)
  log.error(
    `cml-runner itself went wrong: ${text}\nPlease report it at ${issuesPage}, with what \`log: debug\` shows.`,
  )
  if (error instanceof Error && error.stack) log.debug(error.stack)
}
