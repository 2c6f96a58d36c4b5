import { Failure } from '../model/failure.ts'
import { isAlive, type Instance } from '../model/instance.ts'
import { accountOf, claims, isManaged, launchOf, placesOf, wishOf, type Owned } from '../model/ownership.ts'
import type { Runner } from '../model/runner.ts'
import type { Ports } from '../ports.ts'
import { hasEnded, isYoung } from '../removal/corpses.ts'
import { findMachines } from '../removal/survey.ts'
import { awaitLiving } from './living.ts'
import type { LaunchOrder } from './order.ts'

/** An offline namesake is deleted; one that is online, or whose machine lives, is somebody's working runner. */
export async function takeName(
  order: Pick<LaunchOrder, 'lease'>,
  { namesake, twin }: { readonly namesake: Runner; readonly twin: Owned | undefined },
  ports: Ports,
): Promise<void> {
  const { forge, host, signal } = ports
  const ours = claims(namesake, wishOf(order.lease))
  if (ours && twin) return
  const reason = await reasonToKeep(namesake, ports, !ours)
  const tried = `take the runner name ${namesake.name}`
  if (reason !== undefined) {
    throw new Failure('already-exists', {
      tried,
      said: reason,
      why: 'Two runners of one name cannot exist in one place, and that one may be working.',
      fix: 'give another `name`, leave `name` out, or wait until the other runner has ended.',
    })
  }
  if ((await forge.unregister(namesake, signal)) === 'busy') {
    throw new Failure('conflict', {
      tried,
      said: `the offline runner of that name still counts as busy at ${forge.scope}`,
      why: `${forge.name} keeps a lost runner busy for 10 to 15 minutes after its machine vanished.`,
      fix: 'try again later, or give another `name`.',
    })
  }
  host.log.info(`Deleted the offline registration of runner ${namesake.name}.`)
}

/** Why a runner must keep its name. Its machine may work on a cloud that was not named here, where nobody can look for it. */
async function reasonToKeep(namesake: Runner, ports: Ports, mayCome: boolean): Promise<string | undefined> {
  const { clouds, forge } = ports
  if (isManaged(namesake) && placesOf(namesake, clouds.open).elsewhere)
    return `the runner of that name at ${forge.scope} has its machine on ${clouds.open.length === 0 ? 'a cloud' : `another cloud than ${clouds.names}`}, so that nobody can tell here whether it works`
  const accounts = await clouds.accounts(ports.signal)
  if (isManaged(namesake) && accountOf(namesake, accounts, clouds.open) === 'another')
    return `the runner of that name at ${forge.scope} has its machine in another account of ${clouds.names}, so that nobody can tell here whether it works`
  const machine = await machineOf(namesake, ports, mayCome)
  if (namesake.online)
    return machine || !(await hasEnded(namesake, ports))
      ? `a runner of that name is online at ${forge.scope}`
      : undefined
  return (
    machine && `the runner of that name is offline at ${forge.scope}, but its machine ${machine.id} lives`
  )
}

/**
 * The living machine of a runner of ours that the forge does not vouch for: forges have shown working runners offline, and without its
 * registration it would end. `mayCome`: one that was made in advance may be about to get its machine, or listings lag behind. In doubt, a
 * machine with damaged tags is the runner's.
 */
async function machineOf(runner: Runner, ports: Ports, mayCome: boolean): Promise<Instance | undefined> {
  const { clouds, forge, clock, signal } = ports
  const launch = launchOf(runner)
  const { places } = placesOf(runner, clouds.open)
  if (!launch || places.length === 0 || (runner.online && forge.noticesLoss)) return undefined
  const wish = { scope: forge.scope, name: runner.name, ...launch }
  const { ours, strangers } = await findMachines(wish, places, ports, signal)
  const machine = [...ours, ...strangers.filter(({ damage }) => damage)].find(
    (one) => !one.half && isAlive(one),
  )
  const expected = mayCome && runner.connected === false && isYoung(runner, clock.now())
  return machine ?? (expected ? awaitLiving(wish, places, ports) : undefined)
}
