import { Failure } from '../model/failure.ts'
import type { LaunchOrder, Ports } from './order.ts'

/** The same world for a limited time. */
export interface Limit {
  /** Their host's signal aborts when the time is over, too. */
  readonly ports: Ports
  end(): void
}

/** Beyond `launch-timeout`: the wait for the runner has that very deadline, and tells more when it is over. */
const grace = 20_000

/** No vendor's silence may outlast the time that a launch has. */
export function timeLimit({ launchTimeout }: LaunchOrder, ports: Ports): Limit {
  const failure = new Failure('deadline-exceeded', {
    tried: `launch a machine within ${launchTimeout} s`,
    said: `${ports.cloud.name} or ${ports.forge.name} did not answer until the time was over`,
    fix: 'look at the status pages of both, and try again; everything that was asked for is removed.',
  })
  return limited(ports, launchTimeout * 1000 + grace, failure)
}

/** `failure`: the reason with which the signal aborts after so many milliseconds. */
export function limited(ports: Ports, milliseconds: number, failure: Failure): Limit {
  const [over, done] = [new AbortController(), new AbortController()]
  ports.clock.sleep(milliseconds, done.signal).then(
    () => over.abort(failure),
    () => undefined,
  )
  const signal = AbortSignal.any([ports.host.signal, over.signal])
  const host = Object.create(ports.host, { signal: { value: signal } }) as Ports['host']
  return { ports: { ...ports, host }, end: () => done.abort(failure) }
}
