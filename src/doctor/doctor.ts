import type { Cloud, MachineRequest } from '../clouds/cloud.ts'
import type { RegistrationRequest } from '../forges/forge.ts'
import { type Check, checkOfReads, outcomeOf } from '../model/check.ts'
import type { Lease } from '../model/lease.ts'
import type { Ports } from '../ports.ts'

/** The launch that is examined. Nothing of it is made. */
export interface Examination {
  readonly request: MachineRequest
  readonly lease: Lease
  readonly registration: RegistrationRequest
  /** What was seen of the machine at hand. */
  readonly here: readonly Check[]
}

/** A check, and whose it is: a forge's or a cloud's name, or `here`. */
export interface Told extends Check {
  readonly of: string
}

/** Everything that such a launch depends on, each as soon as it is known; all are asked at once. Throws the signal's reason alone. */
export async function* examine(examination: Examination, ports: Ports): AsyncIterable<Told> {
  const { forge, clouds, signal } = ports
  const { registration, here } = examination
  for (const check of here) yield { of: 'here', ...check }
  yield* abreast([
    of(forge.name, forge.examine(registration, signal)),
    ...clouds.open.map((cloud) => of(cloud.name, examineCloud(cloud, examination, ports))),
  ])
}

/** Of several clouds each is asked for what it understands, as a launch does it. */
async function* examineCloud(
  cloud: Cloud,
  { request, lease }: Examination,
  { clouds, signal }: Ports,
): AsyncIterable<Check> {
  const { value: own, failure } = await outcomeOf(clouds.narrowedFor({ cloud: cloud.name }, request))
  if (failure) yield checkOfReads('a machine to try', failure)
  else yield* cloud.examine({ lease, request: own }, signal)
}

async function* of(name: string, checks: AsyncIterable<Check>): AsyncGenerator<Told> {
  for await (const check of checks) yield { of: name, ...check }
}

/** What any of them yields, in the order in which it comes. */
async function* abreast<T>(sources: readonly AsyncGenerator<T>[]): AsyncIterable<T> {
  const next = (source: AsyncGenerator<T>) => source.next().then((result) => ({ source, result }))
  const waiting = new Map(sources.map((source) => [source, next(source)]))
  // One that fails while another is waited for must not end the program.
  for (const promise of waiting.values()) promise.catch(() => undefined)
  while (waiting.size > 0) {
    const { source, result } = await Promise.race(waiting.values())
    waiting.delete(source)
    if (result.done) continue
    const following = next(source)
    following.catch(() => undefined)
    waiting.set(source, following)
    yield result.value
  }
}

/** What a reading of the surroundings came to, as a check: good with what it says, or bad as its failure says. */
export async function checkHere(what: string, reading: Promise<string>): Promise<Check> {
  const { value, failure } = await outcomeOf(reading)
  if (failure === undefined) return { what, verdict: 'good', said: value }
  const { said = failure.kind, fix } = failure.explanation
  return { what, verdict: 'bad', said, ...(fix === undefined ? {} : { fix }) }
}
