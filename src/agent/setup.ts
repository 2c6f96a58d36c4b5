import { existsSync, readFileSync } from 'node:fs'

import * as machinePaths from '../machine/paths.ts'
import { proxyEnvironment } from '../machine/proxy.ts'
import { Excerpt } from './console.ts'
import { run } from './run.ts'
import { ordinaryScore } from './runner-user.ts'
import type { Machine } from './world.ts'

/** How long what is missing may take to be installed, ms; then whoever needs it says what it thinks of that. */
const packagesWait = 300_000
const packagesPause = 100

/** The user's script, as root, under its own `#!` line or else bash. */
export async function runStartupScript({
  root,
  config,
  console,
  environment,
  journal,
  clock,
}: Machine): Promise<void> {
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
export async function awaitPackages({ root, clock, stop, program, config }: Machine): Promise<void> {
  const wanted = program.waitsFor(config)
  if (!wanted) return
  const ends = [`${machinePaths.settled}${wanted}`, machinePaths.packagesDone]
  const until = clock.now() + packagesWait
  while (!ends.some((path) => existsSync(root + path)) && clock.now() < until)
    await clock.sleep(packagesPause, stop)
}
