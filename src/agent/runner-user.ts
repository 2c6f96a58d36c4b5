import { execFileSync, type SpawnOptions } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

import type { Command } from '../machine/runner-program.ts'
import * as machinePaths from '../machine/paths.ts'
import { proxyEnvironment } from '../machine/proxy.ts'
import type { Machine, RunnerUser } from './world.ts'

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Shell: what follows may be ended when memory runs out, unlike the agent, whose score it would inherit. */
export const ordinaryScore = 'echo 0 >/proc/self/oom_score_adj'

/** The user that the bootstrap made (or found), and the PATH that a login on this machine starts from. */
export function findRunnerUser(root: string, environment: Readonly<Record<string, string>>): RunnerUser {
  const id = (flag: string) =>
    Number(execFileSync('id', [flag, 'runner'], { env: { ...environment }, encoding: 'utf8' }))
  const system = `${root}/etc/environment`
  const text = existsSync(system) ? readFileSync(system, 'utf8') : ''
  const home = root + machinePaths.userHome
  const path = absolute(/^PATH=["']?([^"'\n]+)["']?$/m.exec(text)?.[1] ?? '', home) || defaultPath
  return { uid: id('-u'), gid: id('-g'), home, path }
}

/**
 * The entries of a PATH that start at `/`. Images write `$HOME/.local/bin` there, which pam_env expands and we must too: as it
 * stands it is a folder below wherever a program happens to be.
 */
function absolute(path: string, home: string): string {
  const entries = path.split(':').map((entry) => entry.replace(/^\$(HOME|\{HOME\})(?=\/|$)/, home))
  return entries.filter((entry) => entry.startsWith('/')).join(':')
}

/**
 * A command as the runner's user, in the forge's folder. Resets the score that protects the agent from the kernel's memory
 * killer before it gives up root, takes the groups that the user has by now (docker), and lets a login shell set the
 * environment up, as images with compilers and GPU tools expect. The user's PATH comes behind that only: it names folders that
 * jobs can write to, and root must not look for `setpriv` there.
 */
export function asRunner({ uid, gid, path }: RunnerUser, command: readonly string[]): string[] {
  const drop = `${ordinaryScore}; path=$1; shift; exec setpriv --reuid=${uid} --regid=${gid} --init-groups env "PATH=$path" /bin/bash -lc 'exec "$@"' login "$@"`
  return ['/bin/sh', '-c', drop, 'runner', path, ...command]
}

/** Folder and environment of such a command: nothing of the agent's own but root's PATH, until root is given up. */
export function runnerOptions(
  { root, user, config, program, environment }: Machine,
  command: Command,
): SpawnOptions {
  const path = (name: string) => root + name
  const certificates = path(machinePaths.certificates)
  const hooks = { started: path(machinePaths.jobStartedHook), completed: path(machinePaths.jobCompletedHook) }
  const env = {
    HOME: user.home,
    USER: 'runner',
    LOGNAME: 'runner',
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
    ...environment,
    ...proxyEnvironment(config.proxy),
    ...(existsSync(certificates) ? { NODE_EXTRA_CA_CERTS: certificates } : {}),
    ...program.hooks(hooks),
    ...command.environment,
  }
  return { cwd: path(machinePaths.tree), env }
}
