import { Failure, joinFailures } from '../model/failure.ts'
import type { Identity } from '../model/identity.ts'
import type { Instance } from '../model/instance.ts'
import type { LeaseQuery } from '../model/lease.ts'
import { identityOfRunner, type Runner } from '../model/runner.ts'
import type { Ports } from './order.ts'

export interface Survey {
  readonly machines: readonly Instance[]
  /** The regions that could be looked in. "Nothing found" says nothing about another one. */
  readonly readable: ReadonlySet<string>
  /** One Failure about all that could not; none when there is none. */
  readonly problems: readonly Failure[]
}

/** Machines of ours in all the regions at once. A region that can not be read is told, and hides no other. Throws what is no Failure. */
export async function surveyMachines(
  query: LeaseQuery,
  regions: readonly string[],
  { cloud }: Pick<Ports, 'cloud'>,
  signal?: AbortSignal,
): Promise<Survey> {
  const looks = await Promise.all(
    regions.map(async (region) => ({
      region,
      answer: await orFailure(cloud.list(query, [region], signal), signal),
    })),
  )
  const unreadable = looks.flatMap(({ region, answer }) =>
    answer instanceof Failure ? [{ region, failure: answer }] : [],
  )
  const blind = new Set(unreadable.map(({ region }) => region))
  return {
    machines: looks.flatMap(({ answer }) => (answer instanceof Failure ? [] : answer)),
    readable: new Set(regions.filter((region) => !blind.has(region))),
    problems: blindness(unreadable, cloud.name),
  }
}

/** Every registration of ours in the scope, whatever its state; the Failure when they can not be read. Throws what is no Failure. */
export function listOurs(
  { forge }: Pick<Ports, 'forge'>,
  signal?: AbortSignal,
): Promise<readonly Runner[] | Failure> {
  const read = async (): Promise<readonly Runner[]> => {
    const ours: Runner[] = []
    for await (const page of forge.listRunners(signal, 'ours'))
      ours.push(...page.filter((runner) => identityOfRunner(runner) !== undefined))
    return ours
  }
  return orFailure(read(), signal)
}

/** A Failure is an answer, so that one silence does not hide what another read has found; a cancel is none. */
async function orFailure<T>(read: Promise<T>, signal?: AbortSignal): Promise<T | Failure> {
  try {
    return await read
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof Failure) return error
    throw error
  }
}

export function identitiesOf(machines: readonly Instance[]): ReadonlySet<Identity | undefined> {
  return new Set(machines.map(({ lease }) => lease?.identity))
}

function blindness(
  unreadable: readonly { readonly region: string; readonly failure: Failure }[],
  cloud: string,
): readonly Failure[] {
  const [first] = unreadable
  if (!first) return []
  const whole = joinFailures(unreadable.map(({ failure }) => failure))
  const explanation = {
    tried: `look in every region of ${cloud}`,
    said: `${unreadable.length} could not be read: ${unreadable.map(({ region }) => region).join(', ')}`,
    why: 'What is in a region that can not be read is not known, so "nothing is there" can not be said.',
    fix: 'give these credentials the right to list machines there, or name the regions to look in with `cloud-region`.',
    details: whole.message.split('\n'),
  }
  return [new Failure(first.failure.kind, explanation)]
}
