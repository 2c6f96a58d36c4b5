import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { discover, tryCase, type Case, type Conditions, type Outcome, type Points } from './cases.ts'
import { subjects, type Subject } from './flows.ts'
import type { Pair } from './pairs.ts'

/** Where trouble can come to each subject of a pair. Throws when one of them cannot do its work without any. */
export async function pointsOf(
  pair: Pair,
  wanted: readonly Subject[],
  conditions: Conditions,
): Promise<ReadonlyMap<Subject, Points>> {
  const found = await inLanes(
    subjects.filter((subject) => wanted.includes(subject)),
    conditions.lanes,
    async (subject) => [subject, await discoverAll(pair, subject, conditions)] as const,
  )
  return new Map(found)
}

/** Over all kinds of registrations: what only one of them asks for counts as well. */
async function discoverAll(pair: Pair, subject: Subject, conditions: Conditions): Promise<Points> {
  const all: Points[] = []
  for (let variant = 0; variant <= pair.forge.variants; variant++)
    all.push(await discover(pair, subject, variant, conditions))
  return {
    calls: [...new Set(all.flatMap(({ calls }) => calls))],
    reads: [...new Set(all.flatMap(({ reads }) => reads))],
    writes: [...new Set(all.flatMap(({ writes }) => writes))],
  }
}

export function playAll(
  cases: readonly Case[],
  conditions: Conditions,
  told: (outcome: Outcome, done: number) => void = () => undefined,
): Promise<readonly Outcome[]> {
  let done = 0
  return inLanes(cases, conditions.lanes, async (one) => {
    const outcome = await tryCase(one, conditions)
    told(outcome, ++done)
    return outcome
  })
}

/** Each of them, so many at a time; their results in the same order. */
export async function inLanes<T, R>(
  items: readonly T[],
  lanes: number,
  act: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await act(items[index]!)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return results
}

/** How much faster than real a story's time can run here and now: a process of the product must have the time it needs. */
export async function bearableFactor(dist: string, most = 25): Promise<number> {
  const starts: number[] = []
  for (let count = 0; count < 5; count++) {
    const began = performance.now()
    await once(spawn(process.execPath, [join(dist, 'cli.js'), '--version'], { stdio: 'ignore' }), 'exit')
    starts.push(performance.now() - began)
  }
  const [, , median = 0] = starts.toSorted((one, other) => one - other)
  return Math.max(slowest, Math.min(most, Math.round((most * unhurried) / median)))
}

/** Slower than this nobody would wait for a story. Faster than a host bears, what the product asks in passing is not answered in time. */
const slowest = 4

/** Milliseconds that such a start takes where two cores have nothing else to do. */
const unhurried = 40
