import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { forges } from '../forges/registry.ts'
import { jobEnvironment } from '../hosts/environment.ts'
import { findJobUser } from '../here/job-user.ts'
import type { HereOrder } from '../here/order.ts'
import type { Log } from '../lib/log.ts'
import { portableProxy } from '../machine/proxy.ts'
import { Failure } from '../model/failure.ts'
import type { Platform } from '../model/instance.ts'
import { secretsOf } from '../options/parse.ts'
import { catalogue } from './catalogue.ts'
import type { Composition } from './compose.ts'
import { leaseOf, reuseOf } from './launch-order.ts'
import { ownMachineProxy } from './surroundings.ts'

/** Where root keeps the runners that work for others: a folder that they can enter, and not change. */
const rootsBase = '/var/lib/cml-runner'

/** What is asked of this machine. `environment`: of this process, as jobs may see it. `log`: who is told what is doubtful about it. */
export async function hereOrderOf(
  composition: Composition,
  environment: NodeJS.ProcessEnv,
  log: Log = composition.ports.host.log,
): Promise<HereOrder> {
  const { values, variables, driver, sources, raw } = composition
  const line = forges.find(({ name }) => name === driver)!
  const own = await line.ownMachine()
  const root = process.getuid?.() === 0
  const user = values.user === undefined ? undefined : findJobUser(values.user, process.getuid?.())
  if (root && !user)
    log.warn('Jobs run as root on this machine. Give `user` to have them run as somebody else.')
  const secrets = secretsOf(catalogue.table, raw)
  const home = environment.HOME || homedir()
  return {
    lease: leaseOf(composition),
    labels: values.labels,
    single: values.single,
    ...reuseOf(values),
    idleTimeout: values['idle-timeout'],
    launchTimeout: values['launch-timeout'],
    // The default bounds a bill, and there is none here.
    lifetime: sources.has('max-lifetime') ? values['max-lifetime'] : Infinity,
    ...(values.workdir === undefined ? {} : { workdir: resolve(values.workdir) }),
    ...(user ? { user } : {}),
    base: user ? rootsBase : join(home, '.cml-runner'),
    platform: platformOf(process.platform, process.arch),
    own,
    wantsDocker: line.abilities.includes('lookForDocker'),
    environment: {
      ...jobEnvironment(environment, secrets),
      ...(user ? { HOME: user.home, USER: user.name, LOGNAME: user.name } : { HOME: home }),
      ...(root && !user ? own.asRoot : {}),
    },
    variables,
    proxy: portableProxy(ownMachineProxy(variables, log)),
    terminal: process.stderr.isTTY,
  }
}

/** Throws `unimplemented` where no forge has a program that we could follow. */
export function platformOf(os: string, architecture: string): Platform {
  const system = os === 'linux' ? 'linux' : os === 'darwin' ? 'macos' : undefined
  if (system && (architecture === 'x64' || architecture === 'arm64')) return { os: system, architecture }
  throw new Failure('unimplemented', {
    tried: 'make this machine a runner',
    said: `it is ${os} on ${architecture}`,
    fix: 'use a machine with Linux or macOS on x64 or arm64, or name a `cloud`.',
  })
}
