import { githubActionsHost, type ActionHost } from '../hosts/github-actions.ts'
import { finish } from '../removal/finish.ts'
import type { Ports } from '../ports.ts'
import { state } from '../launch/state.ts'
import { inTime, verbTimes } from '../removal/time-limit.ts'
import { renderDuration } from '../model/duration.ts'
import { Failure } from '../model/failure.ts'
import { identityPattern } from '../model/identity.ts'
import type { Instance } from '../model/instance.ts'
import type { Lease } from '../model/lease.ts'
import { uniqueLabel } from '../model/runner.ts'
import { compose, type Composition } from './compose.ts'
import { conclude } from './conclude.ts'
import { leaseOf } from './order.ts'
import { runStop, stopState } from './run-stop.ts'
import { newWork } from './work.ts'

/** The action's post step: removes a launch that did not finish, leaves one that did. Returns the exit code. */
export async function post(host: ActionHost = githubActionsHost('post')): Promise<number> {
  return conclude(host, async () => {
    const left = host.readState(state.identity) !== undefined
    const composed = await composeAgain(host, left)
    if (!composed) return
    if (composed.command !== 'launch') return goOn(composed)
    if (composed.values['dry-run']) return
    const { ports, values } = composed
    const handedOver = host.readState(state.handedOver) === 'true'
    const creating = host.readState(state.creating) === 'true'
    const removed = host.readState(state.removed) === 'true'
    const adopted = host.readState(state.adopted) !== undefined
    const lives = `until it has been idle for ${renderDuration(values['idle-timeout'])}, at the latest ${renderDuration(values['max-lifetime'])} after its launch.`
    const { identity, run, name } = launchOf(composed, host.readState(state.identity))
    const regions = ports.cloud.regionsOf(values['cloud-region'])
    const hearsay = machinesOf(host.readState(state.instance), ports.cloud)
    const target = { identity, run, runnerName: name, regions, hearsay }
    const hints = { handedOver, known: left, creating, adopted, removed, lives }
    await inTime(ports, verbTimes.post, (timed) => finish(target, hints, timed))
  })
}

/** A stop that was cut short is finished; nothing else of a step without a launch needs an end. */
async function goOn(composed: Composition): Promise<void> {
  const ended = composed.ports.host.readState(stopState.ended) === 'true'
  if (composed.command === 'stop' && !ended) await runStop(composed, newWork())
}

/** As main has computed it, which survives a difference between its surroundings and those of this step. */
function launchOf(composed: Composition, saved: string | undefined): Lease {
  const lease = leaseOf(composed)
  if (saved === undefined || !identityPattern.test(saved)) return lease
  return { ...lease, identity: saved, name: composed.values.name ?? uniqueLabel(saved) }
}

/** The machine as main saw it made; a hint, and none when it can not be read. */
function machinesOf(text: string | undefined, cloud: Ports['cloud']): readonly Instance[] {
  try {
    const told = JSON.parse(text ?? '') as Partial<Record<keyof Instance, unknown>>
    const usable = typeof told.id === 'string' && typeof told.region === 'string' && told.cloud === cloud.name
    return usable && cloud.isRegion(told.region as string) ? [told as unknown as Instance] : []
  } catch {
    return []
  }
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
