import { noRetryMark } from '../model/run.ts'
import type { Ports } from '../ports.ts'

/** Once a launch: that nobody starts its run again by itself, and what would; or, with `no-retry`, that nobody is to. */
export async function tellOfRestarts(noRetry: boolean, { host, forge }: Ports): Promise<void> {
  if (noRetry) return host.note(noRetryMark)
  host.log.info((await forge.runs.advice(host.calledBy)).join('\n'))
}
