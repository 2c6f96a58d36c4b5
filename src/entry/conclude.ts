import type { Host } from '../hosts/host.ts'
import { exitCodeOf } from '../hosts/signals.ts'
import { Failure } from '../model/failure.ts'

/** Runs a verb, tells a person how it failed if it did, and returns the exit code. Never throws. */
export async function conclude(host: Host, verb: () => Promise<void>): Promise<number> {
  try {
    await verb()
    return 0
  } catch (error) {
    if (host.signal.aborted && error === host.signal.reason) tellInterruption(host)
    else tell(host, error)
    if (host.signal.aborted) return exitCodeOf(host.signal.reason)
    return error instanceof Failure && unusable.includes(error.kind) ? 2 : 1
  }
}

const unusable: readonly string[] = ['invalid-input', 'unimplemented']

/** Whoever cancelled knows it: no error to be looked into. */
function tellInterruption({ log, signal, postFollows }: Host): void {
  const { code } = (signal.reason as Failure).explanation
  log.warn(`Interrupted by ${code}.${postFollows ? ' The post step removes what this launch made.' : ''}`)
}

function tell({ log }: Host, error: unknown): void {
  if (error instanceof Failure) {
    log.error(error.message)
    if (error.cause instanceof Error) log.debug(`Caused by: ${error.cause.stack ?? error.cause.message}`)
    return
  }
  const text = error instanceof Error ? error.message : String(error)
  log.error(
    `Something went wrong inside cml-runner, which is a defect of it: ${text}\nPlease report it; with \`log: debug\` the place is shown.`,
  )
  if (error instanceof Error && error.stack) log.debug(error.stack)
}
