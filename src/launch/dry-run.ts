import { onOneLine } from '../lib/printable.ts'
import { bullets, facts, folded, pageOf, table, verdict } from '../lib/page.ts'
import { cell } from '../lib/table.ts'
import { renderHourly, renderMost, renderPrice, type Price } from '../model/price.ts'
import { renderDuration } from '../model/duration.ts'
import { Accounts } from './accounts.ts'
import { checkPayloads, payloadFor, registrationRequest, labelsOf, shownLabels } from './payload.ts'
import { orderOn, type LaunchOrder } from './order.ts'
import type { Ports } from '../ports.ts'
import { pricesOf } from './price.ts'
import { prepare, type Preparation } from './prepare.ts'
import type { Reused } from './reused.ts'

/** What a launch would decide: as lines for a person, and as data for a program. */
export interface Rehearsal {
  readonly lines: readonly string[]
  readonly data: Readonly<Record<string, unknown>> & { readonly candidates: readonly unknown[] }
  /** The same for the job's page, Markdown. */
  readonly page: string
}

/** Reads only: nothing is made, no secret is asked for. */
export async function dryRun(asked: LaunchOrder, ports: Ports): Promise<Rehearsal> {
  const { forge } = ports
  const reused = await wouldReuse(asked, ports)
  const accounts = new Accounts(ports)
  const { candidates: found, twin, namesake } = await prepare(asked, ports)
  const first = await accounts.with(found[0]!)
  const candidates = [first, ...found.slice(1)]
  const prices = await pricesOf(candidates, ports)
  const order = orderOn(asked, first)
  await checkPayloads(order, candidates, ports)
  const payload = await payloadFor(
    order,
    first,
    forge.sampleRegistration(registrationRequest(order, first)),
    ports,
  )
  const permissions = await permissionsOf(order, ports.clouds)
  const told = { candidates, prices, size: payload.length, reused, permissions }
  return {
    lines: linesOf(order, ports, { ...told, twin, namesake }),
    data: dataOf(order, ports, told),
    page: pageFor(order, ports, told),
  }
}

async function wouldReuse(order: LaunchOrder, ports: Ports): Promise<Reused | undefined> {
  if (!order.reuse) return undefined
  const { findInstead } = await import('./reuse-instead.ts')
  return (await findInstead(order, ports)).reused
}

function dataOf(
  order: LaunchOrder,
  { forge }: Ports,
  { candidates, prices, size: payloadBytes, reused, permissions }: Omit<Found, 'twin' | 'namesake'>,
): Rehearsal['data'] {
  return {
    scope: forge.scope,
    ...(order.reuse ? { reused: reused ? reusedData(reused) : null } : {}),
    runnerName: order.lease.name,
    runnerLabels: labelsOf(order, candidates[0]!),
    candidates: candidates.map(({ cloud, region, place, type, market, image, diskGb }, index) => ({
      cloud,
      region,
      ...(place === undefined ? {} : { place }),
      type,
      spot: market === 'spot',
      image,
      diskGb,
      usdPerHour: prices[index]?.usdPerHour ?? null,
      priceOf: prices[index]?.asOf ?? null,
      priceSource: prices[index]?.source ?? null,
    })),
    payloadBytes,
    expiresAt: new Date(order.lease.expiresAt * 1000).toISOString(),
    permissions,
  }
}

function reusedData({ runner: { name, labels, busy }, machine }: Reused): Readonly<Record<string, unknown>> {
  return { runnerName: name, runnerLabels: labels, busy, instanceId: machine?.id ?? '' }
}

type Found = Pick<Preparation, 'candidates' | 'twin' | 'namesake'> & {
  readonly prices: readonly (Price | undefined)[]
  readonly size: number
  readonly permissions: readonly string[]
  /** What would be used in place of all that. */
  readonly reused: Reused | undefined
}

function linesOf(
  order: LaunchOrder,
  { clouds, forge }: Ports,
  { candidates, prices, twin, namesake, size, reused, permissions }: Found,
): string[] {
  return [
    `Runner: ${order.lease.name}, at ${forge.scope}. Labels: ${labelsOf(order, candidates[0]!).join(', ')}.`,
    ...(reused
      ? [
          `Runner ${onOneLine(reused.runner.name)} is online${reused.machine ? ` on ${reused.machine.id}` : ''} and would be used: nothing would be launched. What follows is for when it has ended.`,
        ]
      : []),
    ...(twin ? [`Machine ${twin.id} of this very launch is there already and would be taken.`] : []),
    ...(namesake && namesake.id !== reused?.runner.id
      ? [
          `A runner of this name is ${namesake.online ? 'online: the launch would fail' : 'offline: it would be deleted, unless its machine lives'}.`,
        ]
      : []),
    'What would be tried, in this order:',
    ...candidates.map(
      (candidate, index) =>
        `${String(index + 1).padStart(3)}. ${clouds.render(candidate)}, ${imageOf(candidate)}, ${candidate.diskGb} GB, ${renderPrice(prices[index], candidate.market)}`,
    ),
    `Payload: ${size} of ${clouds.of(candidates[0]!).limits.payloadBytes} bytes.`,
    `Ends: ${endOf(order)}.`,
    `Costs: ${mostOf(order, prices)}.`,
    'Permissions a launch needs:',
    ...permissions.map((permission) => `  - ${permission}`),
    'Dry run: nothing was created.',
  ]
}

/** Where a name says it all, it is the id as well. */
function imageOf({ image: { id, name } }: Preparation['candidates'][number]): string {
  return id === name ? name : `${name} (${id})`
}

function endOf({ single, idleTimeout, lease }: LaunchOrder): string {
  const idle = Number.isFinite(idleTimeout) ? `when idle for ${renderDuration(idleTimeout)}, ` : ''
  return `${single ? 'after one job, ' : ''}${idle}at the latest ${new Date(lease.expiresAt * 1000).toISOString()}`
}

/** The first is the likeliest. */
function mostOf({ request }: LaunchOrder, [price]: Found['prices']): string {
  if (!price) return 'what the first of them costs is not known'
  return `at most ${renderMost(price, request.lifetime)} for the first of them, by the end of its max-lifetime. Disks, traffic and public addresses are extra`
}

function pageFor(
  order: LaunchOrder,
  { clouds, forge }: Ports,
  found: Omit<Found, 'twin' | 'namesake'>,
): string {
  const { candidates, prices, reused, permissions } = found
  const rows = candidates.map((candidate, index) => [
    cell(clouds.render(candidate)),
    cell(renderPrice(prices[index], candidate.market)),
    cell(`${candidate.image.name}, ${candidate.diskGb} GB`),
  ])
  const first = `${clouds.render(candidates[0]!)} would be tried first`
  const told = reused ? `runner ${reused.runner.name} would be used` : first
  return pageOf([
    verdict('🔍', `Dry run: ${told} · ${renderHourly(prices[0])}`),
    table(['What would be tried, in this order', 'Price', 'Image'], rows),
    facts([
      ['Runner', `${cell(order.lease.name)} at ${cell(forge.scope)}`],
      ['Labels', cell(shownLabels(order).join(', '))],
      ['Ends', cell(endOf(order))],
      ['Costs', cell(mostOf(order, prices))],
    ]),
    folded('Permissions that a launch needs', bullets(permissions.map(cell))),
    'Nothing was created.',
  ])
}

async function permissionsOf({ request }: LaunchOrder, clouds: Ports['clouds']): Promise<readonly string[]> {
  const permissions = clouds.open.map(async (cloud) =>
    cloud.permissions(await clouds.requestFor({ cloud: cloud.name }, request)),
  )
  return (await Promise.all(permissions)).flat()
}
