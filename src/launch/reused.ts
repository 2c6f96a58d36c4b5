import type { Serving } from '../forges/forge.ts'
import type { Link, Outputs } from '../hosts/host.ts'
import { cell } from '../lib/table.ts'
import { launchOf, type Owned } from '../model/ownership.ts'
import { uniqueLabel } from '../model/runner.ts'
import type { Ports } from '../ports.ts'
import type { Dwelling } from './dwelling.ts'
import { linksOf } from './links.ts'
import type { LaunchOrder } from './order.ts'

/** A runner that is there, and what is known of its machine. */
export interface Reused extends Serving, Dwelling {}

/** The record of a launch that found a runner: what is not known of its machine is empty. A job asks for the labels that were asked for here. */
export function reusedOutputs(
  { runner, serves, machine }: Reused,
  { labels }: Pick<LaunchOrder, 'labels'>,
): Outputs {
  const launch = launchOf(runner)
  const single = {
    ...(machine ? outputsOfMachine(machine) : nothingKnown),
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

function outputsOfMachine(machine: Owned): OfMachine {
  return {
    ...nothingKnown,
    instanceIp: machine.ip ?? '',
    instanceId: machine.id,
    instanceType: machine.type,
    instanceLaunchTime: iso(machine.launchedAt),
    cloud: machine.cloud,
    region: machine.zone ?? machine.region,
    spot: machine.market === 'spot',
    expiresAt: iso(machine.lease.expiresAt),
  }
}

export function reusedLinks({ runner, machine }: Reused, ports: Ports): readonly Link[] {
  if (machine) return linksOf({ runner, instance: machine }, ports)
  return [{ label: `Runner ${runner.name}`, url: ports.forge.runnerPage(runner) }]
}

/** Markdown for the job's page. */
export function renderReused({ machine, runner }: Reused, outputs: Outputs, { forge }: Ports): string {
  const rows: readonly (readonly [string, string])[] = [
    ['Runner', `${runner.name}, ${runner.busy ? 'with a job' : 'idle'}`],
    ['Labels', runner.labels.join(', ')],
    [
      'Machine',
      machine
        ? `${machine.id} (${machine.type} ${machine.market} in ${outputs.region})`
        : 'not one that this launch can look at',
    ],
    ...(machine ? [['Ends', `when it is idle, at the latest ${outputs.expiresAt}`] as const] : []),
  ]
  return [
    '### Runner used that was there',
    '',
    '| | |',
    '| --- | --- |',
    ...rows.map(([name, value]) => `| ${name} | ${cell(value)} |`),
    '',
    '#### Next',
    '',
    `- A job asks for it with ${cell(outputs.runsOn)}.`,
    `- The scope's runners: ${forge.runnersPage}`,
    '',
  ].join('\n')
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
