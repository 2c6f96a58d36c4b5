import { Failure, joinFailures } from '../model/failure.ts'
import type { Identity } from '../model/identity.ts'
import type { Instance } from '../model/instance.ts'
import type { LeaseQuery } from '../model/lease.ts'
import { identityOfRunner, type Runner } from '../model/runner.ts'
import type { Ports } from './order.ts'

/** A region that could not be looked in, so that "nothing found" says nothing about it. */
export interface Unreadable {
  readonly region: string
  readonly failure: Failure
}

export interface Survey {
  readonly machines: readonly Instance[]
  readonly unreadable: readonly Unreadable[]
}

/** Machines of ours in all the regions at once. A region that can not be read is told, and hides no other. Throws what is no Failure. */
export async function surveyMachines(
  query: LeaseQuery,
  regions: readonly string[],
  { cloud }: Pick<Ports, 'cloud'>,
  signal?: AbortSignal,
): Promise<Survey> {
  const looks = await Promise.all(
    regions.map(async (region) => {
      try {
        return { machines: await cloud.list(query, [region], signal), unreadable: [] }
      } catch (error) {
        signal?.throwIfAborted()
        if (!(error instanceof Failure)) throw error
        return { machines: [], unreadable: [{ region, failure: error }] }
      }
    }),
  )
  return {
    machines: looks.flatMap(({ machines }) => machines),
    unreadable: looks.flatMap(({ unreadable }) => unreadable),
  }
}

/** Every registration of ours in the scope, whatever its state. */
export async function listOurs(
  { forge }: Pick<Ports, 'forge'>,
  signal?: AbortSignal,
): Promise<readonly Runner[]> {
  const ours: Runner[] = []
  for await (const page of forge.listRunners(signal, 'ours'))
    ours.push(...page.filter((runner) => identityOfRunner(runner) !== undefined))
  return ours
}

export function identitiesOf(machines: readonly Instance[]): ReadonlySet<Identity | undefined> {
  return new Set(machines.map(({ lease }) => lease?.identity))
}

/** Undefined when every region could be read. `done`: what was finished in spite of it. */
export function unreadableFailure(
  unreadable: readonly Unreadable[],
  { cloud }: Pick<Ports, 'cloud'>,
): Failure | undefined {
  const [first] = unreadable
  if (!first) return undefined
  const whole = joinFailures(unreadable.map(({ failure }) => failure))
  return new Failure(first.failure.kind, {
    tried: `look in every region of ${cloud.name}`,
    said: `${unreadable.length} could not be read: ${unreadable.map(({ region }) => region).join(', ')}`,
    why: 'What is in a region that can not be read is not known, so "nothing is there" can not be said.',
    fix: 'give these credentials the right to list machines there, or name the regions to look in with `cloud-region`.',
    details: whole.message.split('\n'),
  })
}
