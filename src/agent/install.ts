import { existsSync, readFileSync, unlinkSync } from 'node:fs'

import { machinePaths } from '../machine/paths.ts'
import { proxyEnvironment } from '../machine/proxy.ts'
import type { Surroundings } from '../machine/runner-program.ts'
import { Excerpt } from './console.ts'
import { run } from './run.ts'
import { asRunner, ordinaryScore, runnerOptions } from './runner-user.ts'
import { prepareWorkFolder, type WorkFolder } from './work-folder.ts'
import type { World } from './world.ts'

const attempts = 3
const retryPause = 10_000
/** How long what is missing may take to be installed; then whoever needs it says what it thinks of that. */
const packagesWait = 300_000
const packagesPause = 100

export interface Installed extends Surroundings {
  readonly folder: WorkFolder
}

/**
 * From the agent's start to a registered runner, and what it stands on. Throws an Error with the reason, for the console, when
 * that is not to be.
 */
export async function install(world: World): Promise<Installed> {
  const { root, console, config, program } = world
  await runStartupScript(world)
  const folder = prepareWorkFolder(world)
  await awaitPackages(world)
  console.say('registering', config.name)
  await register(world)
  unlinkSync(root + machinePaths.config)
  const surroundings = await lookAround(world, folder)
  const caveat = program.caveat?.(config, surroundings)
  if (caveat) console.say('packages', caveat)
  console.say('registered')
  return surroundings
}

async function lookAround(world: World, folder: WorkFolder): Promise<Installed> {
  const docker = await world.abilities.lookForDocker?.(world)
  const home = world.root + machinePaths.home
  return { docker: false, gpus: false, ...docker, home, workFolder: folder.path, folder }
}

/** The user's script, as root, under its own `#!` line or else bash. */
async function runStartupScript({
  root,
  config,
  console,
  environment,
  journal,
  clock,
}: World): Promise<void> {
  if (!config.startupScript) return
  console.say('startup-script')
  const script = root + machinePaths.startupScript
  const interpreter = readFileSync(script).subarray(0, 2).toString() === '#!' ? [] : ['/bin/bash']
  const login = { HOME: `${root}/root`, USER: 'root', LOGNAME: 'root', SHELL: '/bin/bash', LANG: 'C.UTF-8' }
  const env = { ...environment, ...login, ...proxyEnvironment(config.proxy) }
  const excerpt = new Excerpt(console)
  const line = (text: string) => {
    journal(text)
    excerpt.line(text)
  }
  const plain = ['/bin/sh', '-c', `${ordinaryScore}; exec "$@"`, 'startup-script']
  const { status, lines } = await run([...plain, ...interpreter, script], {
    cwd: root || '/',
    env,
    line,
    clock,
  })
  excerpt.end()
  if (status !== 0) throw new Error(`the startup script ended with ${status}: ${lines.slice(-3).join(' / ')}`)
}

/** What is missing may be on its way; whatever else is on its way is not waited for. */
async function awaitPackages({ root, clock, stop, program, config }: World): Promise<void> {
  const wanted = program.waitsFor(config)
  if (!wanted) return
  const ends = [`${machinePaths.settled}${wanted}`, machinePaths.packagesDone]
  const until = clock.now() + packagesWait
  while (!ends.some((path) => existsSync(root + path)) && clock.now() < until)
    await clock.sleep(packagesPause, stop)
}

async function register(world: World): Promise<void> {
  const { program, config, user, console, clock, stop } = world
  for (let attempt = 1; ; attempt++) {
    const command = program.register(config, attempt > 1)
    if (!command) return
    const { status, lines } = await run(asRunner(user, command.line), runnerOptions(world, command))
    if (status === 0) return
    for (const line of lines) if (line.trim()) console.quote(line)
    const words = lines.map((line) => line.trim()).filter(Boolean)
    if (attempt >= attempts || !program.transient(words.join('\n'))) {
      throw new Error(`the registration ended with ${status}: ${words.slice(-3).join(' / ')}`)
    }
    await clock.sleep(retryPause * attempt, stop)
  }
}
