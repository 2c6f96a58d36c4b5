import type { Instance } from '../model/instance.ts'
import type { Owned, Wish } from '../model/ownership.ts'
import { problemOf, settled, type Obstacle } from './left-behind.ts'
import { machineKey } from '../model/place.ts'
import type { Ports } from '../ports.ts'
import type { RemovalTarget } from './removal-target.ts'
import { findById, lookIn } from './survey.ts'

export interface Sight {
  /** Machines of the target that do not end yet. */
  readonly found: readonly Owned[]
  readonly problems: readonly Obstacle[]
}

/** One look of a removal at the machines. What cannot be read hides nothing else. */
export async function lookForMachines(
  { places, hearsay = [], ...target }: RemovalTarget,
  ports: Ports,
  signal?: AbortSignal,
): Promise<Sight> {
  const wish = wishOf(target, ports)
  const [listed, ...looks] = await Promise.all([
    settled(lookIn(wish, places, ports, signal)),
    ...hearsay.map((machine) => settled(findById(machine, wish, ports, signal))),
  ])
  const unseen = hearsay.filter((_, index) => {
    const look = looks[index]!
    return 'value' in look && look.value === undefined
  })
  const found = [listed, ...looks].flatMap((look) => ('value' in look ? (look.value?.ours ?? []) : []))
  const unreadable = 'value' in listed ? listed.value.unreadable : []
  const byId = new Map(found.map((machine) => [machineKey(machine), machine]))
  return {
    found: [...byId.values()].filter(({ state }) => state !== 'ending' && state !== 'gone'),
    problems: [
      ...[listed, ...looks].flatMap((look) => ('problem' in look ? [look.problem] : [])),
      ...unreadable.map(({ failure }) => problemOf(failure)),
      ...unseen.map(notShown),
    ],
  }
}

/** It may never have been: then this stays, and is no reason to end anything by its id alone. */
function notShown({ id, region }: Instance): Obstacle {
  return { text: `machine ${id} in ${region}, which the launch has noted, is not shown there`, final: false }
}

/** What a removal means: of everything that carries the identity, what says itself all that is known of the launch. */
export function wishOf(
  { identity, run, runnerName }: Pick<RemovalTarget, 'identity' | 'run' | 'runnerName'>,
  { forge }: Pick<Ports, 'forge'>,
): Wish {
  return { scope: forge.scope, identity, name: runnerName, ...(run === undefined ? {} : { run }) }
}
