import type { Ports } from '../ports.ts'
import { Stopping, type Stopped } from '../removal/stop.ts'
import type { StopWish } from '../removal/stop-targets.ts'
import { limited, verbTimes } from '../removal/time-limit.ts'
import { withEnd } from '../lib/deadline.ts'
import { Failure } from '../model/failure.ts'
import { runOf } from '../model/identity.ts'
import type { Composition } from './compose.ts'
import { regionsToLookIn } from './places.ts'
import type { Work } from './work.ts'

/** What a stop leaves for its own post step: that it came to an end, whichever. */
export const stopState = { ended: 'stopped' } as const

/** Milliseconds that a process which will be killed soon spends on removing after its first signal. */
const hurry = 7_000

/** Stops the launches of this run, or those that were named. Where a post step follows a cancel, that step goes on with it. */
export async function runStop(composition: Composition, work: Work): Promise<void> {
  const { host, signal } = composition.ports
  work.later = `The ${host.postStep} goes on with the stop.`
  const limit = limited(composition.ports, verbTimes.stop)
  const patience = patienceOf(composition.ports)
  try {
    const wish = wishOf(composition)
    const regions = await regionsToLookIn(composition, patience.signal)
    const stopping = new Stopping(wish, regions, limit.ports)
    work.left = () => stopping.unconfirmed()
    tell(wish, await stopping.run(patience.signal), composition.ports)
  } catch (error) {
    // What is unconfirmed is the post step's to tell.
    if (host.postFollows) signal.throwIfAborted()
    throw error
  } finally {
    patience.end()
    limit.end()
    if (!signal.aborted) host.saveState(stopState.ended, 'true')
  }
}

/** An id is meant whatever its run. A name alone is of this run where there is one: another run may have a launch of the same name. */
function wishOf({ values, ports }: Composition): StopWish {
  const { host, forge } = ports
  const instanceIds = values['instance-id'] ?? []
  const origin = host.origin()
  const inRun = origin.host !== 'terminal' && instanceIds.length === 0
  if (!inRun && instanceIds.length === 0 && values.name === undefined) throw nothingNamed()
  return {
    ...(inRun ? { run: runOf(origin, forge.scope) } : {}),
    ...(values.name === undefined ? {} : { name: values.name }),
    instanceIds,
  }
}

function nothingNamed(): Failure {
  return new Failure('invalid-input', {
    tried: 'tell what to stop',
    said: 'neither `name` nor `instance-id` was given',
    why: 'Only in a job of CI is there a run whose launches could be meant.',
    fix: 'give --name or --instance-id; `cml-runner list` shows what there is.',
  })
}

interface Patience {
  readonly signal: AbortSignal
  end(): void
}

/**
 * Removing is what this command is for, so a first signal does not end it: in CI it goes on as long as the process lives, at a
 * terminal until a second one. Where a post step follows, the process makes room for it.
 */
function patienceOf({ host, clock, signal }: Ports): Patience {
  const until = clock.now() + verbTimes.stop.patience
  const [over, done] = [new AbortController(), new AbortController()]
  const reason = new Failure('cancelled', { tried: 'go on removing' })
  const start = (): void => {
    if (host.postFollows) return over.abort(signal.reason)
    const way = host.insistence ? ' A second signal leaves it at once and tells what may be left.' : ''
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
      `Stopped ${count(launches, 'launch', 'launches')}: ${count(instances, 'machine')} and ${count(runners, 'registration')} removed.`,
    )
  } else {
    const whose = run === undefined ? `at ${forge.scope}` : 'of this run'
    const what = name === undefined ? '' : ` is called ${name}`
    host.log.info(`Nothing to stop ${whose}${what}: it is gone already, or never was.`)
    if (run !== undefined && name !== undefined)
      host.log.info(
        'A launch of another run is stopped by `instance-id`, or by its name from a command line outside CI.',
      )
  }
  if (unknownIds.length > 0)
    host.log.info(
      `Of ${forge.scope} there is no machine ${unknownIds.join(', ')}: gone already, or not ours.`,
    )
}

function count(things: readonly unknown[], one: string, many = `${one}s`): string {
  return `${things.length} ${things.length === 1 ? one : many}`
}
