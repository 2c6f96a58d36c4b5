import { githubActionsHost, type ActionHost } from '../hosts/github-actions.ts'
import { finish } from '../launch/finish.ts'
import { state } from '../launch/state.ts'
import { inTime, verbTimes } from '../launch/time-limit.ts'
import { renderDuration } from '../model/duration.ts'
import type { Instance } from '../model/instance.ts'
import { Failure } from '../model/failure.ts'
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
    const { identity, name, run } = leaseOf(composed)
    const regions = ports.cloud.regionsOf(values['cloud-region'])
    const known = instanceOf(host.readState(state.instance))
    const target = { identity, runnerName: name, regions, ...(known ? { known: [known] } : {}) }
    const hints = { handedOver, known: left, creating, adopted, removed, lives, run }
    await inTime(ports, verbTimes.post, (timed) => finish(target, hints, timed))
  })
}

/** A stop that was cut short is finished; nothing else of a step without a launch needs an end. */
async function goOn(composed: Composition): Promise<void> {
  const ended = composed.ports.host.readState(stopState.ended) === 'true'
  if (composed.command === 'stop' && !ended) await runStop(composed, newWork())
}

/** The machine as main saw it made; a hint, and none when it can not be read. */
function instanceOf(text: string | undefined): Instance | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Instance)
  } catch {
    return undefined
  }
}

/** Undefined when the options are unusable and so the step before could not launch anything either; it has said why. */
async function composeAgain(host: ActionHost, known: boolean): Promise<Composition | undefined> {
  try {
    return await compose(host, host.readOptions())
  } catch (error) {
    const kinds = ['invalid-input', 'unimplemented', 'permission-denied']
    const refused = error instanceof Failure && kinds.includes(error.kind)
    if (known || !refused) throw error
    host.log.info('Nothing was launched: the options were refused.')
    return undefined
  }
}
