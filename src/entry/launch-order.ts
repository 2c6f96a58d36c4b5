import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MachineRequest } from '../clouds/cloud.ts'
import type { Clouds } from '../clouds/clouds.ts'
import type { Forge } from '../forges/forge.ts'
import type { LaunchOrder } from '../launch/order.ts'
import type { Clock } from '../lib/clock.ts'
import type { ProxySettings } from '../machine/agent-config.ts'
import { sshPublicKeyOf } from '../machine/ssh-key.ts'
import type { Assets } from '../machine/payload.ts'
import { parseStartupScript } from '../machine/startup-script.ts'
import { identityOf, runOf } from '../model/identity.ts'
import type { Lease } from '../model/lease.ts'
import { uniqueLabel } from '../model/runner.ts'
import type { Values } from '../options/catalogue.ts'
import type { Composition } from './compose.ts'
import { requestOf } from './request.ts'
import { extraCertificates, ownAuthorities, proxyOf } from './surroundings.ts'

/** What a launch is asked for. `dist`: the folder of the doors, with everything of ours that a machine runs. */
export async function orderOf(composition: Composition, lease: Lease, dist: string): Promise<LaunchOrder> {
  const { values, ports, variables, driver } = composition
  const { log } = ports.host
  const script = values['cloud-startup-script']
  const key = values['cloud-ssh-private']
  const certificates = await extraCertificates(variables, log)
  const proxy = proxyOf(values, variables, log)
  return {
    lease,
    labels: values.labels,
    single: values.single,
    ...reuseOf(values),
    idleTimeout: values['idle-timeout'],
    launchTimeout: values['launch-timeout'],
    ...(values.workdir === undefined ? {} : { workdir: values.workdir }),
    request: { ...requestOf(values, composition.sources), ...wayOutOf(ports.forge, proxy) },
    ...(script === undefined ? {} : { startupScript: parseStartupScript(script) }),
    ...(key === undefined ? {} : { sshPublicKey: sshPublicKeyOf(key.reveal()) }),
    ...(certificates === undefined
      ? {}
      : { certificates: (await ownAuthorities(certificates, log)).join('') }),
    proxy,
    assets: await assetsOf(ports.clouds, dist, driver),
  }
}

export function reuseOf({ reuse, 'reuse-idle': idle }: Values): Pick<LaunchOrder, 'reuse'> {
  if (idle) return { reuse: 'idle' }
  return reuse ? { reuse: 'online' } : {}
}

async function assetsOf({ open }: Clouds, dist: string, driver: string): Promise<LaunchOrder['assets']> {
  const read = open.map(async ({ name }) => [name, await readAssets(dist, driver, name)] as const)
  return new Map(await Promise.all(read))
}

/** Through a proxy a machine needs no way out of its own. */
export function wayOutOf(
  { internet }: Forge,
  { http, https }: ProxySettings,
): Pick<MachineRequest, 'internet'> {
  return internet && !http && !https ? { internet } : {}
}

/** 18 letters and digits: who has its seal must not be able to try them all. */
function nonceBy(clock: Clock): string {
  const half = (): string =>
    Math.floor(clock.random() * 36 ** 9)
      .toString(36)
      .padStart(9, '0')
  return half() + half()
}

/** Who launches, and until when. Main and post of one step get the same identity from it, whatever their time. */
export function leaseOf(composition: Composition): Lease {
  const { values, ports } = composition
  const { host, forge, clock } = ports
  const origin = host.origin()
  const identity = identityOf(origin, forge.scope, values.name)
  const now = Math.floor(clock.now() / 1000)
  return {
    identity,
    run: runOf(origin, forge.scope),
    scope: forge.scope,
    owner: origin.owner,
    name: values.name ?? uniqueLabel(identity),
    dueAt: now + values['launch-timeout'],
    nonce: nonceBy(clock),
    expiresAt: now + values['max-lifetime'],
  }
}

/** Everything of ours that a machine of this forge on this cloud runs, from the folder of the doors. */
async function readAssets(dist: string, forge: string, cloud: string): Promise<Assets> {
  const read = (name: string): Promise<string> => readFile(join(dist, name), 'utf8')
  const [agent, fuses, bootstrap, packages] = await Promise.all([
    read(`agent-${forge}-${cloud}.js`),
    read('fuses.sh'),
    read('bootstrap.sh'),
    read('packages.sh'),
  ])
  return { agent, fuses, bootstrap, packages }
}
