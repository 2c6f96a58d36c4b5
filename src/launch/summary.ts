import type { Outputs } from '../hosts/host.ts'
import { cell } from '../lib/table.ts'
import { Failure } from '../model/failure.ts'
import type { Candidate, Instance } from '../model/instance.ts'
import { renderHour, type Price } from '../model/price.ts'
import { renderDuration } from '../model/duration.ts'
import type { Ports } from '../ports.ts'
import type { Leg } from './leg.ts'
import type { LaunchOrder } from './order.ts'
import { describeCost } from './price.ts'
import type { Refusal } from './refusals.ts'
import type { Story } from './story.ts'

export interface HandedOver {
  readonly outputs: Outputs
  readonly candidate: Candidate
  readonly instance: Instance
  readonly price: Price | undefined
}

export type Ending = HandedOver | { readonly failure: unknown }

/** Markdown for the job's page: the machine, the candidates tried, the timeline, and what to do next. */
export function renderSummary(
  ending: Ending,
  { order, attempts, story, ports }: Pick<Leg, 'order' | 'attempts' | 'story' | 'ports'>,
): string {
  const parts = [
    'outputs' in ending ? renderMachine(order, ending, ports) : renderFailure(ending.failure),
    renderRefusals(attempts.refusals, ports),
    renderTimeline(story),
    'outputs' in ending ? renderNext(order, ending, ports) : '',
  ]
  return parts.filter(Boolean).join('\n\n') + '\n'
}

function renderMachine(
  order: LaunchOrder,
  { outputs, candidate, instance, price }: HandedOver,
  { clouds }: Ports,
): string {
  const rows: [string, string][] = [
    ['Runner', outputs.runnerName],
    ['Labels', outputs.runnerLabels.split(',').join(', ')],
    ['Machine', `${outputs.instanceId} (${clouds.render(candidate)})`],
    ['Zone', outputs.region],
    ['Price', describeCost(price, instance, order)],
    ['Image', `${candidate.image.name} (${candidate.image.id})`],
    [
      'Ends',
      `${order.single ? 'after one job, ' : ''}when idle for ${renderDuration(order.idleTimeout)}, at the latest ${outputs.expiresAt}`,
    ],
  ]
  return [
    '### Runner launched',
    '',
    '| | |',
    '| --- | --- |',
    ...rows.map(([name, value]) => `| ${name} | ${cell(value)} |`),
  ].join('\n')
}

function renderFailure(failure: unknown): string {
  const text = failure instanceof Failure ? failure.message : 'An unexpected error; the log has it.'
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)))
  return `### Launch failed\n\n${fence}text\n${text}\n${fence}`
}

function renderRefusals(refusals: readonly Refusal[], { clouds }: Ports): string {
  if (refusals.length === 0) return ''
  const { several } = clouds
  const rows = refusals.map(({ candidate, failure, price, next }) => {
    const { code, said } = failure.explanation
    const more = [price ? renderHour(price) : '', next ? clouds.render(next) : 'nothing']
    const cells = [clouds.render(candidate), code ?? failure.kind, said ?? '', ...(several ? more : [])]
    return `| ${cells.map(cell).join(' | ')} |`
  })
  return [
    '#### Candidates refused',
    '',
    `| Candidate | Code | Answer |${several ? ' Price | Next |' : ''}`,
    `| --- | --- | --- |${several ? ' --- | --- |' : ''}`,
    ...rows,
  ].join('\n')
}

function renderTimeline({ began, phases }: Pick<Story, 'began' | 'phases'>): string {
  if (phases.length === 0) return ''
  const rows = phases.map(({ what, at }) => `| ${((at - began) / 1000).toFixed(1)} s | ${cell(what)} |`)
  return ['#### Timeline', '', '| After | Phase |', '| --- | --- |', ...rows].join('\n')
}

function renderNext(
  order: LaunchOrder,
  { outputs, instance, candidate }: HandedOver,
  { clouds, forge }: Ports,
): string {
  return [
    '#### Next',
    '',
    `- A job asks for this machine with \`runs-on: ${outputs.runsOn}\`, or for any with its labels.`,
    `- The scope's runners: ${forge.runnersPage}`,
    `- Ends by itself: ${endingOf(candidate)} Remove it now with \`${clouds.of(instance).removalCommand(instance)}\``,
    order.single
      ? ''
      : '- "Re-run failed jobs" finds no machine once this one has ended: use "Re-run all jobs".',
  ]
    .filter(Boolean)
    .join('\n')
}

function endingOf({ ending: { text, gap } }: Candidate): string {
  return gap === undefined ? text : `${text} ${gap}`
}
