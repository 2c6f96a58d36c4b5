import { Failure } from '../model/failure.ts'
import type { Identity } from '../model/identity.ts'
import type { Instance } from '../model/instance.ts'
import { claims, isManaged, launchOf, oursOf, placesOf, sameLaunch, type Owned } from '../model/ownership.ts'
import { isCalled, placeKey, type Place } from '../model/place.ts'
import type { Runner } from '../model/runner.ts'
import type { Ports } from '../ports.ts'
import type { RemovalTarget } from './removal-target.ts'
import { listOurs, surveyMachines, type Survey } from './survey.ts'

/** Which launches are to be stopped. Every member that is given narrows the choice; at least one is. */
export interface StopWish {
  /** Every launch of this run. Machines of other runs are not touched, whatever their name. */
  readonly run?: Identity
  readonly name?: string
  /** As the cloud gave them. What else belongs to the same launch is meant too. */
  readonly instanceIds: readonly string[]
}

export interface StopTarget extends RemovalTarget {
  readonly known: readonly Instance[]
  /** Ids of all machines of it that were seen, also of those that end already. */
  readonly machines: readonly string[]
  /** It has a registration that was seen. */
  readonly registered: boolean
}

/** One look at what is wished for. The forge's silence does not keep a machine, nor the other way round: `problems` tells of it. */
export async function findTargets(
  wish: StopWish,
  places: readonly Place[],
  ports: Ports,
  signal?: AbortSignal,
): Promise<{ readonly targets: readonly StopTarget[]; readonly problems: readonly unknown[] }> {
  const survey = (where: readonly Place[]): Promise<Survey> =>
    surveyMachines(queryOf(wish, ports), where, ports, signal)
  const [machines, runners] = await Promise.allSettled([survey(places), registrationsOf(wish, ports, signal)])
  signal?.throwIfAborted()
  if (machines.status === 'rejected') throw machines.reason
  const found = runners.status === 'fulfilled' ? runners.value : []
  // A label is anybody's word: a place that only it tells is looked in once, like the others, and what is there must say itself that it is meant.
  const more = new Map(
    found
      .flatMap((runner) => placesOf(runner, ports.clouds.open).places)
      .map((place) => [placeKey(place), place]),
  )
  for (const place of places) more.delete(placeKey(place))
  const further = await survey([...more.values()])
  const readable = new Set([...machines.value.readable, ...further.readable])
  const ours = [...machines.value.ours, ...further.ours]
  return {
    targets: targetsOf(wish, { ours, runners: found, readable }, ports),
    problems: [
      ...(runners.status === 'rejected' ? [runners.reason as unknown] : []),
      ...machines.value.problems,
      ...further.problems,
    ],
  }
}

/** A name or an id is looked for among everything of the scope. */
function queryOf({ run }: StopWish, { forge }: Ports): { readonly scope: string; readonly run?: Identity } {
  return { scope: forge.scope, ...(run === undefined ? {} : { run }) }
}

/**
 * Registrations that are wished for by themselves: those with a machine of a cloud that was named, since one of another cloud tells of a machine that is
 * not looked for here. Ids are those of machines, and lead to registrations through them alone.
 */
async function registrationsOf(
  { instanceIds, run, name }: StopWish,
  ports: Ports,
  signal?: AbortSignal,
): Promise<readonly Runner[]> {
  if (instanceIds.length > 0) return []
  const runners =
    run === undefined ? await namedRunner(name ?? '', ports, signal) : await listOurs(ports, signal)
  if (runners instanceof Failure) throw runners
  const wish = { ...(run === undefined ? {} : { run }), ...(name === undefined ? {} : { name }) }
  return runners.filter(
    (runner) => claims(runner, wish) && placesOf(runner, ports.clouds.open).places.length > 0,
  )
}

async function namedRunner(name: string, { forge }: Ports, signal?: AbortSignal): Promise<readonly Runner[]> {
  const runner = await forge.findRunner(name, signal)
  return runner && isManaged(runner) ? [runner] : []
}

type Launch = Pick<RemovalTarget, 'identity' | 'run' | 'runnerName'>

interface Draft extends Launch {
  /** By their keys. */
  readonly where: Map<string, Place>
  readonly known: Owned[]
  readonly all: Owned[]
  registered: boolean
}

interface Seen extends Pick<Survey, 'ours' | 'readable'> {
  readonly runners: readonly Runner[]
}

/**
 * One target for each launch, with all its machines: those of one launch may be in several regions when it moved on. A launch is told by
 * everything that was wished and its name: what a forged registration makes a target of is met by no machine that says otherwise.
 */
function targetsOf(
  wish: StopWish,
  { ours, runners, readable }: Seen,
  { clouds, forge }: Ports,
): readonly StopTarget[] {
  const drafts = new Map<string, Draft>()
  const draftOf = (launch: Launch): Draft => {
    const lists = { where: new Map<string, Place>(), known: [], all: [], registered: false }
    const draft = drafts.get(keyOf(launch)) ?? { ...launch, ...lists }
    drafts.set(keyOf(launch), draft)
    return draft
  }
  const named = wish.name === undefined ? ours : oursOf(ours, { scope: forge.scope, name: wish.name })
  const wished = named.filter((machine) => isWished(wish, machine))
  for (const machine of ours) {
    const { lease, cloud, region, state } = machine
    if (!wished.some((other) => sameLaunch(other, machine))) continue
    const { identity, run, name } = lease
    const draft = draftOf({ identity, run, runnerName: name })
    draft.where.set(placeKey(machine), { cloud, region })
    draft.all.push(machine)
    if (state !== 'ending' && state !== 'gone') draft.known.push(machine)
  }
  for (const runner of runners) {
    const draft = draftOf({ ...launchOf(runner)!, runnerName: runner.name })
    draft.registered = true
    for (const place of placesOf(runner, clouds.open).places)
      if (readable.has(placeKey(place))) draft.where.set(placeKey(place), place)
  }
  const byId = wish.instanceIds.length > 0
  return [...drafts.values()].map(({ all, where, ...draft }) => ({
    ...draft,
    places: [...where.values()],
    machines: all.map(({ id }) => id),
    ...(byId ? { registrationOf: all } : {}),
  }))
}

/** Tells one target from another, also where two say that they are of one launch. */
export function keyOf({ identity, run = '', runnerName }: Launch): string {
  return `${identity} ${run} ${runnerName}`
}

/**
 * Of the machines that the wish's query has listed. One that ends already still leads from its id to its registration; by run and by name
 * registrations are found without it.
 */
function isWished({ instanceIds }: StopWish, { id, state }: Owned): boolean {
  return instanceIds.length > 0
    ? instanceIds.some((word) => isCalled({ id }, word))
    : state !== 'ending' && state !== 'gone'
}
