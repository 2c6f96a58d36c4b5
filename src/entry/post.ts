import { githubActionsHost, type ActionHost } from '../hosts/github-actions.ts'
import { finish } from '../removal/finish.ts'
import type { Ports } from '../ports.ts'
import { inTime, verbTimes } from '../removal/time-limit.ts'
import { readTrail, type Trail } from '../removal/trail.ts'
import { silentLog } from '../lib/log.ts'
import { renderDuration } from '../model/duration.ts'
import { Failure } from '../model/failure.ts'
import type { Instance } from '../model/instance.ts'
import type { Lease } from '../model/lease.ts'
import { uniqueLabel } from '../model/runner.ts'
import { compose, type Composition } from './compose.ts'
import { runStop } from './commands.ts'
import { conclude, newWork } from './conclude.ts'
import { leaseOf } from './launch-order.ts'

/** The action's post step: removes a launch that did not finish, leaves one that did. Returns the exit code. */
export async function post(host: ActionHost = githubActionsHost('post')): Promise<number> {
  return conclude(host, async () => {
    const trail = readTrail(host)
    const composed = await composeAgain(host, trail.known)
    if (!composed) return
    if (composed.command === 'stop' && !trail.stopped) await runStop(composed, newWork())
    // Nothing else of a step without a launch needs an end.
    if (composed.command !== 'launch' || composed.values['dry-run']) return
    const lease = launchOf(composed, trail)
    if (composed.here) return finishThis(composed, lease, trail)
    const { ports, values } = composed
    ports.clouds.leaveOut(trail.leftOut)
    const lives = `until it has been idle for ${renderDuration(values['idle-timeout'])}, at the latest ${renderDuration(lifeOf(trail, values))} after its launch.`
    const { identity, run, name } = lease
    const places = ports.clouds.placesOf(values['cloud-region'] ?? [])
    const target = { identity, run, runnerName: name, places, hearsay: machinesOf(trail, ports.clouds) }
    await inTime(ports, verbTimes.post, (timed) => finish(target, { ...trail, lives }, timed))
  })
}

/** Loaded by those steps alone whose machine was the runner itself. */
async function finishThis(composed: Composition, lease: Lease, trail: Trail): Promise<void> {
  const { hereOrderOf } = await import('./here-order.ts')
  const { finishHere } = await import('../here/finish.ts')
  const order = await hereOrderOf(composed, process.env, silentLog)
  await finishHere({ ...order, lease }, trail, composed.ports)
}

/** As main has computed it, which survives a difference between its surroundings and those of this step. */
function launchOf(composed: Composition, { identity }: Trail): Lease {
  const lease = leaseOf(composed)
  if (identity === undefined) return lease
  return { ...lease, identity, name: composed.values.name ?? uniqueLabel(identity) }
}

/** Seconds that a machine may live, for people: as main has ordered it, which the cloud has a say in where nobody said how long. */
function lifeOf({ machine }: Trail, values: Composition['values']): number {
  const { dueAt, expiresAt } = (machine?.lease ?? {}) as Partial<Lease>
  const ordered = Number(expiresAt) - Number(dueAt) + values['launch-timeout']
  return ordered > 0 ? Math.min(ordered, values['max-lifetime']) : values['max-lifetime']
}

/** The machine as main saw it made; a hint, and none when it cannot be one of these clouds. */
function machinesOf({ machine }: Trail, { open }: Ports['clouds']): readonly Instance[] {
  const { id, region } = machine ?? {}
  const cloud = open.find(({ name }) => name === machine?.cloud)
  const usable = typeof id === 'string' && typeof region === 'string' && cloud?.isRegion(region)
  return usable ? [machine as unknown as Instance] : []
}

/** Undefined when the options are unusable and so the step before could not launch anything either; it has said why. */
async function composeAgain(host: ActionHost, known: boolean): Promise<Composition | undefined> {
  try {
    return await compose(host, host.readOptions(), { again: true })
  } catch (error) {
    const kinds = ['invalid-input', 'unimplemented', 'permission-denied']
    const refused = error instanceof Failure && kinds.includes(error.kind)
    if (known || !refused) throw error
    host.log.info('Nothing was launched: the options were refused.')
    return undefined
  }
}
