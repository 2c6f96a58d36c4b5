import { Failure, joinFailures } from '../model/failure.ts'
import type { Instance } from '../model/instance.ts'
import { runOf } from '../model/identity.ts'
import { oursOf } from '../model/ownership.ts'
import type { Place } from '../model/place.ts'
import type { Run } from '../model/run.ts'
import type { Ports } from '../ports.ts'
import { judge, type Verdict } from './judge.ts'

/** Which runs are looked at. */
export interface RerunWish {
  /** One run; absent = all that failed within the last day. */
  readonly id?: string
  /** Somebody wrote the id: that there is none of it is a mistake. */
  readonly typed?: boolean
  /** Where machines that have ended are looked up; none without a cloud. */
  readonly places: readonly Place[]
}

/** What became of one run, as a sentence's end. */
export interface Outcome {
  readonly id: string
  readonly page?: string
  readonly again: boolean
  readonly said: string
}

export interface Reruns {
  readonly outcomes: readonly Outcome[]
  readonly problems: readonly Failure[]
}

const day = 24 * 3600_000

/** ms between two looks at a run that goes on, and how long it is looked at: whoever asks again later finds it, too. */
const pause = 15_000
const longestWait = 15 * 60_000

/** Starts interrupted runs again. One that cannot be looked at hides no other. Throws what is no Failure. */
export async function rerun(wish: RerunWish, ports: Ports): Promise<Reruns> {
  if (wish.id !== undefined) return settle([wish.id], wish, ports)
  const { forge, clock, signal } = ports
  const ids: string[] = []
  for await (const page of forge.runs.failedSince(clock.now() - day, signal)) ids.push(...page)
  return settle(ids, wish, ports)
}

async function settle(ids: readonly string[], wish: RerunWish, ports: Ports): Promise<Reruns> {
  const outcomes: Outcome[] = []
  const problems: Failure[] = []
  for (const id of ids) {
    try {
      outcomes.push(await settleOne(id, wish, ports))
    } catch (failure) {
      ports.signal.throwIfAborted()
      if (!(failure instanceof Failure)) throw failure
      problems.push(failure)
      if (isSameForAll(failure)) break
    }
  }
  return { outcomes, problems }
}

/** What the token lacks, it lacks for every run. */
function isSameForAll({ kind }: Failure): boolean {
  return kind === 'unauthenticated' || kind === 'permission-denied' || kind === 'invalid-input'
}

async function settleOne(id: string, wish: RerunWish, ports: Ports): Promise<Outcome> {
  const run = await awaitEnd(id, wish, ports)
  if (!run) return whereNone(id, wish, ports)
  const { forge, host, signal } = ports
  const verdict: Verdict = judge(run, run.jobs.length > 0 ? await endedOf(id, wish.places, ports) : [])
  const { page } = run
  if (!verdict.again) return { id, page, again: false, said: verdict.why }
  host.log.info(`Run ${id} lost its machine (${verdict.why}).`)
  const { ordered, said } = await forge.runs.again(run, verdict.lost, signal)
  return { id, page, again: ordered, said: `${said} (${verdict.why})` }
}

/** Nothing can be started again before its end. */
async function awaitEnd(id: string, { id: meant }: RerunWish, ports: Ports): Promise<Run | undefined> {
  const { forge, host, clock, signal } = ports
  const until = clock.now() + longestWait
  for (let told = false; ; told = true) {
    const run = await forge.runs.find(id, signal)
    // Of a list, the next look has its turn.
    if (!run || run.completed || meant === undefined || clock.now() >= until) return run
    if (!told) host.log.info(`Run ${id} still goes on. Waiting for its end.`)
    await clock.sleep(pause, signal)
  }
}

function whereNone(id: string, { typed = false }: RerunWish, { forge }: Ports): Outcome {
  if (!typed) return { id, again: false, said: 'is not there any more' }
  throw new Failure('not-found', {
    tried: `look at run ${id} of ${forge.scope}`,
    said: 'there is none of that id',
    fix: 'check `run-id` and `repo`: the id stands in the address of the run or pipeline.',
  })
}

/** Machines of the run that have ended. A cloud that cannot be asked leaves it to the forge's words. */
async function endedOf(id: string, places: readonly Place[], ports: Ports): Promise<readonly Instance[]> {
  if (places.length === 0) return []
  const { clouds, forge, host, signal } = ports
  const origin = { host: forge.name, run: id, attempt: '', job: '', step: '', owner: '' }
  const query = { scope: forge.scope, run: runOf(origin, forge.scope) }
  const { machines, unreadable } = await clouds.listEnded(query, places, signal)
  if (unreadable.length > 0)
    host.log.warn(
      `Which machines have ended is not known everywhere, so ${forge.name} alone tells what was lost: ${joinFailures(unreadable.map(({ failure }) => failure)).message}`,
    )
  return oursOf(machines, query)
}
