import type { Surroundings } from '../machine/runner-program.ts'
import { run } from './run.ts'
import type { World } from './world.ts'

const attempts = 3
const retryPause = 10_000

/**
 * From the agent's start to a registered runner, and what it stands on. Throws an Error with the reason, for people, when that is not
 * to be.
 */
export async function install(world: World): Promise<Surroundings> {
  const { footing, config, program } = world
  await footing.prepare()
  footing.words.say('registering', config.name)
  await register(world)
  const surroundings = await footing.registered()
  const caveat = program.caveat?.(config, surroundings)
  if (caveat) footing.words.say('packages', caveat)
  footing.words.say('registered')
  return surroundings
}

export async function register(world: World): Promise<void> {
  const { program, config, footing, clock, stop } = world
  for (let attempt = 1; ; attempt++) {
    const command = program.register(config, attempt > 1)
    if (!command) return
    const { line, options } = footing.asJobUser(command)
    const { status, lines } = await run(line, options)
    if (status === 0) return
    for (const said of lines) if (said.trim()) footing.words.quote(said)
    const words = lines.map((said) => said.trim()).filter(Boolean)
    if (attempt >= attempts || !program.transient(words.join('\n'))) {
      throw new Error(`the registration ended with ${status}: ${words.slice(-3).join(' / ')}`)
    }
    await clock.sleep(retryPause * attempt, stop)
  }
}
