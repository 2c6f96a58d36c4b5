import { unlinkSync } from 'node:fs'

import * as machinePaths from '../machine/paths.ts'
import type { Command } from '../machine/runner-program.ts'
import type { Footing } from './footing.ts'
import { beat } from './fuse.ts'
import { findWorkers, takeHookMessages } from './look.ts'
import { run } from './run.ts'
import { asRunner, runnerOptions } from './runner-user.ts'
import { awaitPackages, runStartupScript } from './setup.ts'
import { prepareWorkFolder, Returns, type WorkFolder } from './work-folder.ts'
import type { Machine } from './world.ts'

const removalTime = 30_000

/** Root on a machine that was made for one runner: systemd, a console, a user for jobs. */
export function onMachine(machine: Machine): Footing {
  const { root, abilities, console, journal } = machine
  const returns = new Returns(machine)
  let folder: WorkFolder | undefined
  const asJobUser = (command: Command) => ({
    line: asRunner(machine.user, command.line),
    options: runnerOptions(machine, command),
  })
  return {
    name: 'machine',
    words: console,
    journal,
    async prepare() {
      await runStartupScript(machine)
      folder = prepareWorkFolder(machine)
      await awaitPackages(machine)
    },
    async registered() {
      unlinkSync(root + machinePaths.config)
      const docker = await abilities.lookForDocker?.(machine)
      const home = root + machinePaths.home
      return { docker: false, gpus: false, ...docker, home, workFolder: folder?.path ?? '' }
    },
    asJobUser,
    // The boot timer gives way to the heartbeat.
    online: () => void beat(machine),
    hooks: () => takeHookMessages(root + machinePaths.hooks),
    workers: findWorkers,
    giveBack: () => void (folder && returns.begin(folder)),
    async unregister(means) {
      if (!means) return undefined
      if (!('line' in means)) return abilities.request?.(machine, means)
      const { line, options } = asJobUser(means)
      const { status } = await run(line, { ...options, timeout: removalTime, line: journal })
      return status === 0 ? undefined : String(status)
    },
  }
}
