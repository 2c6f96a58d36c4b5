import { githubActionsHost } from '../hosts/github-actions.ts'
import { finish } from '../launch/finish.ts'
import { state, targetOf } from '../launch/launch.ts'
import { renderDuration } from '../model/duration.ts'
import type { Instance } from '../model/instance.ts'
import { Failure } from '../model/failure.ts'
import { compose, type Composition } from './compose.ts'
import { conclude } from './conclude.ts'

/** The action's post step: removes a launch that did not finish, leaves one that did. Returns the exit code. */
export async function post(dist: string): Promise<number> {
  const host = githubActionsHost('post')
  return conclude(host, async () => {
    const left = host.readState(state.identity) !== undefined
    const composed = await composeAgain(dist, host, left)
    if (!composed || composed.values['dry-run']) return
    const { order, ports } = composed
    const handedOver = host.readState(state.handedOver) === 'true'
    const creating = host.readState(state.creating) === 'true'
    const removed = host.readState(state.removed) === 'true'
    const lives = `until it has been idle for ${renderDuration(order.idleTimeout)}, at the latest ${renderDuration(composed.values['max-lifetime'])} after its launch.`
    const target = targetOf(order, ports)
    const known = instanceOf(host.readState(state.instance))
    await finish(
      known ? { ...target, known } : target,
      { handedOver, known: left, creating, removed, lives },
      ports,
    )
  })
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
async function composeAgain(
  dist: string,
  host: ReturnType<typeof githubActionsHost>,
  known: boolean,
): Promise<Composition | undefined> {
  try {
    return await compose(host, host.readOptions(), dist)
  } catch (error) {
    const refused = error instanceof Failure && ['invalid-input', 'unimplemented'].includes(error.kind)
    if (known || !refused) throw error
    host.log.info('Nothing was launched: the options were refused.')
    return undefined
  }
}
