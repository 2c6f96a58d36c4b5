import type { Serving } from '../forges/forge.ts'
import type { Link, Outputs } from '../hosts/host.ts'
import { bullets, code, facts, link, pageOf, verdict } from '../lib/page.ts'
import { cell } from '../lib/table.ts'
import { launchOf } from '../model/ownership.ts'
import { uniqueLabel } from '../model/runner.ts'
import type { Ports } from '../ports.ts'
import type { Dwelling } from './dwelling.ts'
import { linksOf } from './links.ts'
import type { LaunchOrder } from './order.ts'
import { iso, outputsOfMachine } from './outputs.ts'

/** A runner that is there, and what is known of its machine. */
export interface Reused extends Serving, Dwelling {}

/** The record of a launch that found a runner: what is not known of its machine is empty. A job asks for the labels that were asked for here. */
export function reusedOutputs(
  { runner, serves, machine }: Reused,
  { labels }: Pick<LaunchOrder, 'labels'>,
): Outputs {
  const launch = launchOf(runner)
  const single = {
    ...nothingKnown,
    ...(machine ? { ...outputsOfMachine(machine), expiresAt: iso(machine.lease.expiresAt) } : {}),
    runnerName: runner.name,
    runnerLabels: runner.labels.join(','),
    label: launch ? uniqueLabel(launch.identity) : '',
    runsOn: JSON.stringify(serves ? labels : launch ? [uniqueLabel(launch.identity)] : runner.labels),
    reused: true,
  }
  return { ...single, runners: JSON.stringify([single]) }
}

type OfMachine = Omit<Outputs, 'runnerName' | 'runnerLabels' | 'label' | 'runsOn' | 'reused' | 'runners'>

const nothingKnown: OfMachine = {
  instanceIp: '',
  instanceId: '',
  instanceType: '',
  instanceLaunchTime: '',
  cloud: '',
  region: '',
  spot: false,
  price: '',
  expiresAt: '',
}

export function reusedLinks({ runner, machine }: Reused, ports: Ports): readonly Link[] {
  if (machine) return linksOf({ runner, instance: machine }, ports)
  return [{ label: `Runner ${runner.name}`, url: ports.forge.runnerPage(runner) }]
}

/** Markdown for the job's page. */
export function renderReused(
  { machine, runner }: Reused,
  outputs: Outputs,
  { clouds, forge }: Ports,
): string {
  const where = machine ? ` on ${machine.type} ${machine.market} in ${outputs.region}` : ''
  return pageOf([
    verdict('♻️', `Runner ${runner.name} was already there${where} and is used: nothing was launched`),
    facts([
      ['Runner', `${link(runner.name, forge.runnerPage(runner))}, ${runner.busy ? 'with a job' : 'idle'}`],
      ['Labels', cell(runner.labels.filter((label) => !isInner(label)).join(', '))],
      [
        'Machine',
        machine ? link(machine.id, clouds.of(machine).machinePage(machine)) : 'not visible to this launch',
      ],
      ['Ends', machine ? `when it is idle, at the latest ${outputs.expiresAt}` : undefined],
    ]),
    bullets([
      `A job that asks for it: ${code(`runs-on: ${outputs.runsOn}`)}`,
      link(`All runners of ${forge.scope}`, forge.runnersPage),
    ]),
  ])
}

/** Labels by which programs find their way. */
function isInner(label: string): boolean {
  return /^cml-(at|in|run)-/.test(label)
}
