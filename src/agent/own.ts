import { lstatSync } from 'node:fs'

import type { ProxySettings } from '../machine/agent-config.ts'
import { proxyEnvironment } from '../machine/proxy.ts'
import type { Command } from '../machine/runner-program.ts'
import { lookForDocker } from './docker.ts'
import type { Footing, Words } from './footing.ts'
import type { JobUser } from './own-user.ts'
import { workersBelow } from './processes.ts'
import { asRunner } from './runner-user.ts'
import { giveBackWorkFolder, type WorkFolder } from './work-folder.ts'
import type { World } from './world.ts'

/** What the agent has on a machine that was there before: a folder, and what its user may do. */
export interface OwnMachine {
  /** Ours: single programs and hooks lie there. */
  readonly folder: string
  /** The forge's program works there. */
  readonly tree: string
  readonly work: string
  /** Where the number of the process that was started last is written to. */
  readonly pid: string
  readonly environment: Readonly<Record<string, string>>
  readonly proxy: ProxySettings
  /** Whom jobs run as, where that is somebody else than who runs this. */
  readonly user?: JobUser
  readonly wantsDocker: boolean
  readonly words: Words
  readonly journal: (line: string) => void
  /** The runner waits for jobs, for the first time. */
  readonly online: () => void
}

/**
 * Shell: tells its number, and becomes what it was asked to be: of one session, which no signal of a terminal reaches. What that says goes through somebody
 * who reads on when nobody reads us any more: else it would die of its next line, before it could tell the forge what became of its job.
 */
const told = `said=$1.said
echo $$ >"$1" && shift && rm -f "$said" && mkfifo -m 600 "$said" || exit
(
  trap '' PIPE
  cat
  exec cat >/dev/null
) <"$said" &
exec >"$said" 2>&1
rm -f "$said"
exec "$@"`

/** A machine that was there before its runner and stays behind it. What belongs to the registration is done by whoever makes it. */
export function onOwnMachine(own: OwnMachine, { config }: Pick<World, 'config'>): Footing {
  const { folder, work, user, environment, words, journal } = own
  let prepared: WorkFolder | undefined
  return {
    name: 'machine',
    words,
    journal,
    prepare() {
      const { dev, ino } = lstatSync(work)
      prepared = { path: work, device: dev, inode: ino }
      return Promise.resolve()
    },
    async registered() {
      const docker = own.wantsDocker ? await lookForDocker({ environment }) : { docker: false, gpus: false }
      return { ...docker, home: folder, workFolder: work }
    },
    asJobUser: (command) => asJobUser(own, command),
    online: own.online,
    hooks: () => [],
    workers: workersBelow,
    giveBack() {
      // Only root can, and where it gave jobs to somebody.
      if (!user || !prepared) return
      void giveBackWorkFolder({ root: '', config, user, environment, journal }, prepared)
    },
    unregister: () => Promise.resolve(undefined),
  }
}

function asJobUser(own: OwnMachine, command: Command): ReturnType<Footing['asJobUser']> {
  const { tree, pid, user, environment, proxy } = own
  const line = user ? asRunner(user, command.line) : command.line
  const env = { ...environment, ...proxyEnvironment(proxy), ...command.environment }
  return {
    line: ['/bin/sh', '-c', told, 'runner', pid, ...line],
    options: { cwd: tree, env, detached: true },
  }
}
