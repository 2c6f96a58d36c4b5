import { Failure } from '../model/failure.ts'
import type { Identity } from '../model/identity.ts'
import type { Instance } from '../model/instance.ts'
import { identityOfRunner, regionsOfRunner, runOfRunner, type Runner } from '../model/runner.ts'
import type { Ports, RemovalTarget } from './order.ts'
import { listOurs, surveyMachines } from './survey.ts'

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
  regions: readonly string[],
  ports: Ports,
  signal?: AbortSignal,
): Promise<{ readonly targets: readonly StopTarget[]; readonly problems: readonly unknown[] }> {
  const [survey, runners] = await Promise.allSettled([
    surveyMachines(queryOf(wish, ports), regions, ports, signal),
    registrationsOf(wish, ports, signal),
  ])
  signal?.throwIfAborted()
  if (survey.status === 'rejected') throw survey.reason
  const { machines, problems } = survey.value
  return {
    targets: targetsOf(wish, machines, runners.status === 'fulfilled' ? runners.value : [], ports),
    problems: [...(runners.status === 'rejected' ? [runners.reason as unknown] : []), ...problems],
  }
}

/** A name or an id is looked for among everything of the scope. */
function queryOf(
  { run }: StopWish,
  { forge }: Ports,
): { readonly run: Identity } | { readonly scope: string } {
  return run === undefined ? { scope: forge.scope } : { run }
}

/**
 * Registrations that are wished for by themselves: those with a machine of this cloud, since one of another cloud tells of a machine that is
 * not looked for here. Ids are those of machines, and lead to registrations through them alone.
 */
async function registrationsOf(
  wish: StopWish,
  ports: Ports,
  signal?: AbortSignal,
): Promise<readonly Runner[]> {
  if (wish.instanceIds.length > 0) return []
  const runners =
    wish.run === undefined ? await namedRunner(wish.name ?? '', ports, signal) : await listOurs(ports, signal)
  if (runners instanceof Failure) throw runners
  return runners.filter(
    (runner) =>
      (wish.run === undefined || runOfRunner(runner)?.run === wish.run) &&
      (wish.name === undefined || runner.name === wish.name) &&
      regionsOfRunner(runner, ports.cloud.name).length > 0,
  )
}

async function namedRunner(name: string, { forge }: Ports, signal?: AbortSignal): Promise<readonly Runner[]> {
  const runner = await forge.findRunner(name, signal)
  return runner && identityOfRunner(runner) !== undefined ? [runner] : []
}

interface Draft {
  readonly runnerName: string
  readonly regions: Set<string>
  readonly known: Instance[]
  readonly machines: string[]
  registered: boolean
}

/** One target for each launch, with all its machines: those of one launch may be in several regions when it moved on. */
function targetsOf(
  wish: StopWish,
  machines: readonly Instance[],
  runners: readonly Runner[],
  { cloud, forge }: Ports,
): readonly StopTarget[] {
  const drafts = new Map<Identity, Draft>()
  const draftOf = (identity: Identity, runnerName: string): Draft => {
    const draft = drafts.get(identity) ?? {
      runnerName,
      regions: new Set(),
      known: [],
      machines: [],
      registered: false,
    }
    drafts.set(identity, draft)
    return draft
  }
  // The lease says whose a machine is: the tag of a run alone could be anybody's.
  const ours = machines.filter(({ lease }) => lease?.scope === forge.scope)
  const wished = new Set(
    ours.filter((machine) => isWished(wish, machine)).map(({ lease }) => lease?.identity),
  )
  for (const machine of ours) {
    const { id, lease, region, state } = machine
    if (!lease || !wished.has(lease.identity)) continue
    const draft = draftOf(lease.identity, lease.name)
    draft.regions.add(region)
    draft.machines.push(id)
    if (state !== 'ending' && state !== 'gone') draft.known.push(machine)
  }
  for (const runner of runners) {
    const draft = draftOf(identityOfRunner(runner)!, runner.name)
    draft.registered = true
    for (const region of regionsOfRunner(runner, cloud.name)) draft.regions.add(region)
  }
  return [...drafts].map(([identity, draft]) => ({ identity, ...draft, regions: [...draft.regions] }))
}

/**
 * Of the machines that the wish's query has listed. One that ends already still leads from its id to its registration; by run and by name
 * registrations are found without it.
 */
function isWished({ name, instanceIds }: StopWish, { id, lease, state }: Instance): boolean {
  if (name !== undefined && lease?.name !== name) return false
  return instanceIds.length > 0 ? instanceIds.includes(id) : state !== 'ending' && state !== 'gone'
}
