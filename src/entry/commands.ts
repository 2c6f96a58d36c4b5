import { runOf } from '../model/identity.ts'
import { Failure } from '../model/failure.ts'
import type { Arguments } from '../hosts/arguments.ts'
import type { Rehearsal } from '../launch/dry-run.ts'
import type { Ports } from '../ports.ts'
import type { StopWish } from '../removal/stop-targets.ts'
import type { Composition } from './compose.ts'
import type { Work } from './conclude.ts'
import { leaseOf, orderOf } from './launch-order.ts'

/** Gives the command that was asked for what it needs; what only some need is loaded by those. `dist`: the folder of the doors. */
export async function obey(
  composition: Composition,
  dist: string,
  work: Work,
  read?: Arguments,
): Promise<void> {
  if (composition.here) return runHere(composition, read)
  switch (composition.command) {
    case 'stop':
      return runStop(composition, work)
    case 'sweep':
      return runSweep(composition)
    case 'list':
      return runList(composition)
    case 'rerun':
      return runRerun(composition)
    case 'doctor':
      return runDoctor(composition)
    default:
      return runLaunch(composition, dist, work)
  }
}

/** `read`: of a command line. */
async function runHere(composition: Composition, read?: Arguments): Promise<void> {
  if (!composition.values['dry-run']) return (await import('./here.ts')).workOn(read, composition)
  const { hereOrderOf } = await import('./here-order.ts')
  const { dryRunHere } = await import('../here/dry-run.ts')
  const { ports, values } = composition
  await tellRehearsal(
    await dryRunHere(await hereOrderOf(composition, process.env), ports),
    ports,
    values.json,
  )
}

/** It is what was asked for: on stdout, however little is to be logged. */
async function tellRehearsal(
  { lines, data, page }: Rehearsal,
  { host }: Ports,
  asJson: boolean,
): Promise<void> {
  host.print(asJson ? JSON.stringify(data, undefined, 2) : lines.join('\n'))
  host.result('candidates', data.candidates)
  await host.summary(page)
}

/** Launches, or tells what a launch would decide. */
export async function runLaunch(composition: Composition, dist: string, work: Work): Promise<void> {
  const { ports, values } = composition
  const order = await orderOf(composition, leaseOf(composition), dist)
  if (!values['dry-run']) {
    const places = ports.clouds.placesOf(order.request.regions)
    work.left = async () => (await import('./left.ts')).leftLines(order.lease, places, composition)
    work.later = `The ${ports.host.postStep} removes what this launch made.`
    const { launchAndPrune } = await import('../launch/launch-and-prune.ts')
    await launchAndPrune(order, places, ports)
    const { tellOfRestarts } = await import('../rerun/advice.ts')
    return tellOfRestarts(values['no-retry'], ports)
  }
  const { dryRun } = await import('../launch/dry-run.ts')
  await tellRehearsal(await dryRun(order, ports), ports, values.json)
}

export async function runStop(composition: Composition, work: Work): Promise<void> {
  const { stop } = await import('../removal/stop.ts')
  const { ports } = composition
  work.later = `The ${ports.host.postStep} goes on with the stop.`
  work.left = () => ['Nothing was looked at yet. The same command finds what was to be stopped.']
  const request = {
    wish: wishOf(composition),
    regions: composition.values['cloud-region'],
    started: (stopping: { unconfirmed(): readonly string[] }) => (work.left = () => stopping.unconfirmed()),
  }
  await stop(request, ports)
}

/** An id is meant whatever its run. A name alone is of this run where there is one: another run may have a launch of the same name. */
function wishOf({ values, ports }: Composition): StopWish {
  const { host, forge } = ports
  const instanceIds = values['instance-id'] ?? []
  const origin = host.origin()
  const inRun = origin.host !== 'terminal' && instanceIds.length === 0
  if (!inRun && instanceIds.length === 0 && values.name === undefined) throw nothingNamed()
  return {
    ...(inRun ? { run: runOf(origin, forge.scope) } : {}),
    ...(values.name === undefined ? {} : { name: values.name }),
    instanceIds,
  }
}

function nothingNamed(): Failure {
  return new Failure('invalid-input', {
    tried: 'tell what to stop',
    said: 'neither `name` nor `instance-id` was given',
    why: 'Only in a job of CI is there a run whose launches could be meant.',
    fix: 'give --name or --instance-id; `cml-runner list` shows what there is.',
  })
}

async function runSweep({ ports, values }: Composition): Promise<void> {
  const { sweepAndReport } = await import('../removal/sweep-report.ts')
  await sweepAndReport(values['cloud-region'], values['dry-run'], ports)
}

async function runList({ ports, values }: Composition): Promise<void> {
  const { listAndReport } = await import('../removal/list-report.ts')
  await listAndReport(values['cloud-region'], values.json, ports)
}

async function runRerun(composition: Composition): Promise<void> {
  const { rerunAndReport } = await import('../rerun/report.ts')
  const { rerunWishOf } = await import('./rerun-order.ts')
  const { inTime, verbTimes } = await import('../removal/time-limit.ts')
  const wish = await rerunWishOf(composition)
  await inTime(composition.ports, verbTimes.rerun, (timed) => rerunAndReport(wish, timed))
}

async function runDoctor(composition: Composition): Promise<void> {
  const { examineAndReport } = await import('../doctor/report.ts')
  const { examinationOf } = await import('./doctor-order.ts')
  const { inTime, verbTimes } = await import('../removal/time-limit.ts')
  const examination = await examinationOf(composition)
  const { ports, values } = composition
  await inTime(ports, verbTimes.doctor, (timed) => examineAndReport(examination, values.json, timed))
}
