import { count } from '../lib/ages.ts'
import { withEnd } from '../lib/deadline.ts'
import { pageOf, table, verdict } from '../lib/page.ts'
import { cell } from '../lib/table.ts'
import { Failure, joinReasons } from '../model/failure.ts'
import type { Ports } from '../ports.ts'
import { placesToLookIn } from './places.ts'
import type { StopWish } from './stop-targets.ts'
import { Stopping, type Stopped } from './stopping.ts'
import { limited, verbTimes } from './time-limit.ts'
import { leave } from './trail.ts'

/** What a stop is to look for, and where. */
export interface StopRequest {
  readonly wish: StopWish
  /** Where to look, in the user's words; everywhere when absent. */
  readonly regions?: readonly string[] | undefined
  /** Called before anything is removed, with who knows what is unconfirmed. */
  started(stopping: Stopping): void
}

/** Stops what is wished for and tells it. Where a post step follows a cancel, that step goes on with it. */
export async function stop({ wish, regions, started }: StopRequest, ports: Ports): Promise<void> {
  const { host, signal } = ports
  const limit = limited(ports, verbTimes.stop)
  const allowance = allowanceOf(ports)
  try {
    const { places, problems } = await placesToLookIn(regions, ports, allowance.signal)
    const stopping = new Stopping(wish, places, limit.ports)
    started(stopping)
    const stopped = await stopping.run(allowance.signal)
    tell(wish, stopped, ports)
    await report(stopped, ports)
    if (problems.length > 0) throw joinReasons(problems)
  } catch (error) {
    // What is unconfirmed is the post step's to tell.
    if (host.postFollows) signal.throwIfAborted()
    throw error
  } finally {
    allowance.end()
    limit.end()
    if (!signal.aborted) leave(host, { stopped: true })
  }
}

/** Milliseconds that a process which will be killed soon spends on removing after its first signal. */
const hurry = 7_000

/** How long it may go on. */
interface Allowance {
  readonly signal: AbortSignal
  end(): void
}

/**
 * Removing is what this command is for, so a first signal does not end it: in CI it goes on as long as the process lives, at a
 * terminal until a second one. Where a post step follows, the process makes room for it.
 */
function allowanceOf({ host, clock, signal }: Ports): Allowance {
  const until = clock.now() + verbTimes.stop.patience
  const [over, done] = [new AbortController(), new AbortController()]
  const reason = new Failure('cancelled', { tried: 'go on removing' })
  const start = (): void => {
    if (host.postFollows) return over.abort(signal.reason)
    const way = host.insistence ? ' A second signal ends it at once, and shows what may be left.' : ''
    host.log.warn(`Told to end: the removal is finished first.${way}`)
    if (!host.hurried) return
    clock.sleep(hurry, done.signal).then(
      () => over.abort(reason),
      () => undefined,
    )
  }
  if (signal.aborted) start()
  else signal.addEventListener('abort', start, { once: true, signal: done.signal })
  return { signal: withEnd(over.signal, until), end: () => done.abort(reason) }
}

function tell({ run, name }: StopWish, stopped: Stopped, { host, forge }: Ports): void {
  const { launches, instances, runners, unknownIds } = stopped
  if (launches.length > 0) {
    host.log.info(
      `Stopped ${count(launches.length, 'launch', 'launches')}: ${count(instances.length, 'machine')} and ${count(runners.length, 'registration')} removed.`,
    )
  } else {
    const whose = run === undefined ? `at ${forge.scope}` : 'of this run'
    const what = name === undefined ? '' : ` is called ${name}`
    host.log.info(`Nothing to stop ${whose}${what}: it is already gone, or was never launched.`)
    if (run !== undefined && name !== undefined)
      host.log.info(
        'A launch of another run is stopped by `instance-id`, or by its name from a command line outside CI.',
      )
  }
  if (unknownIds.length > 0)
    host.log.info(
      `${forge.scope} has no machine ${unknownIds.join(', ')}: it is already gone, or cml-runner did not launch it.`,
    )
}

/** The same for programs and for the job's page. */
async function report({ launches, instances, runners, busyRunners }: Stopped, ports: Ports): Promise<void> {
  const { host, forge } = ports
  host.result('removed', { launches: launches.length, machines: instances, registrations: runners })
  const what = `${count(launches.length, 'launch', 'launches')} of ${forge.scope} stopped`
  await host.summary(
    pageOf([
      launches.length > 0 ? verdict('🗑️', what) : verdict('✅', `Nothing to stop at ${forge.scope}`),
      table(
        ['Removed', 'Name'],
        [
          ...instances.map((id) => ['machine', cell(id)]),
          ...runners.map((name) => ['registration', cell(name)]),
          ...busyRunners.map((name) => [
            `registration, kept by ${forge.name} while it believes in a job`,
            cell(name),
          ]),
        ],
      ),
    ]),
  )
}
