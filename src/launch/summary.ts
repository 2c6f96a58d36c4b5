import type { Outputs } from '../hosts/host.ts'
import { bars, bullets, code, facts, folded, link, pageOf, verdict } from '../lib/page.ts'
import { cell } from '../lib/table.ts'
import type { Candidate, Instance } from '../model/instance.ts'
import { renderHourly, type Price } from '../model/price.ts'
import { renderDuration } from '../model/duration.ts'
import type { Runner } from '../model/runner.ts'
import type { Ports } from '../ports.ts'
import type { Leg } from './leg.ts'
import type { LaunchOrder } from './order.ts'
import { shownLabels } from './payload.ts'
import { costOf } from './price.ts'
import { stretchesOf } from './stretches.ts'

export interface HandedOver {
  readonly outputs: Outputs
  readonly candidate: Candidate
  readonly instance: Instance
  readonly runner: Runner
  readonly price: Price | undefined
  /** Seconds from the launch's begin to its runner being online. */
  readonly seconds: number
}

type Told = Pick<Leg, 'order' | 'attempts' | 'story' | 'ports'>

/** Markdown for the job's page: one line that says what was got, the machine, what to do next; the way there is folded. */
export async function renderSummary(
  given: HandedOver,
  { order, attempts, story, ports }: Told,
): Promise<string> {
  return pageOf([
    verdict('✅', `${headline(given, ports)} · ${renderHourly(given.price)}`),
    machineFacts(order, given, ports),
    next(order, given, ports),
    attempts.refusals.length === 0 ? '' : (await refusalsPage()).refusalsPart(attempts.refusals, ports),
    folded(`${given.seconds} s, piece by piece`, bars(stretchesOf(story))),
  ])
}

/** Most launches have none to tell. */
const refusalsPage = () => import('./refusals-page.ts')

/** What, where, and after how long. */
export function headline(
  { instance, seconds }: Pick<HandedOver, 'instance' | 'seconds'>,
  { clouds }: Pick<Ports, 'clouds'>,
): string {
  const { type, market, zone, region, cloud } = instance
  const where = clouds.open.length > 1 ? `${cloud} ${zone ?? region}` : (zone ?? region)
  return `${type} ${market} in ${where} is online after ${seconds} s`
}

function machineFacts(
  order: LaunchOrder,
  { outputs, candidate, instance, runner, price }: HandedOver,
  { clouds, forge }: Ports,
): string {
  const { image, diskGb } = candidate
  const address = outputs.instanceIp ? `, ${cell(outputs.instanceIp)}` : ''
  return facts([
    ['Runner', link(runner.name, forge.runnerPage(runner))],
    ['Labels', cell(shownLabels(order).join(', '))],
    ['Machine', `${link(instance.id, clouds.of(instance).machinePage(instance))}${address}`],
    ['Image', cell(`${image.name}, ${diskGb} GB`)],
    ['Price', cell(costOf(price, instance, order))],
    ['Ends', cell(endsOf(order, candidate, outputs))],
  ])
}

function endsOf({ single, idleTimeout }: LaunchOrder, { ending }: Candidate, { expiresAt }: Outputs): string {
  const idle = Number.isFinite(idleTimeout) ? `when idle for ${renderDuration(idleTimeout)}, ` : ''
  const { text, gap } = ending
  const whole = `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
  return `${single ? 'after one job, ' : ''}${idle}at the latest ${expiresAt}. ${whole}${gap === undefined ? '' : ` ${gap}`}`
}

function next(order: LaunchOrder, { outputs, instance }: HandedOver, { clouds, forge }: Ports): string {
  const rerun = '"Re-run failed jobs" finds no machine once this one has ended: use "Re-run all jobs".'
  return bullets([
    `A job on this very machine: ${code(`runs-on: ${outputs.runsOn}`)}`,
    `Remove it now: ${code(clouds.of(instance).removalCommand(instance))}`,
    `${link(`All runners of ${forge.scope}`, forge.runnersPage)}`,
    ...(order.single ? [] : [rerun]),
  ])
}
