import { renderCandidate } from '../model/instance.ts'
import { renderPrice, type Price } from '../model/price.ts'
import { renderDuration } from '../model/duration.ts'
import { checkPayloads, payloadFor, registrationRequest, labelsOf } from './payload.ts'
import type { LaunchOrder } from './order.ts'
import type { Ports } from '../ports.ts'
import { pricesOf } from './price.ts'
import { prepare, type Preparation } from './prepare.ts'

/** What a launch would decide: as lines for a person, and as data for a program. */
export interface Rehearsal {
  readonly lines: readonly string[]
  readonly data: Readonly<Record<string, unknown>>
}

/** Reads only: nothing is made, no secret is asked for. */
export async function dryRun(order: LaunchOrder, ports: Ports): Promise<Rehearsal> {
  const { forge } = ports
  const { candidates, twin, namesake } = await prepare(order, ports)
  const prices = await pricesOf(candidates, ports)
  const first = candidates[0]!
  await checkPayloads(order, candidates, ports)
  const payload = await payloadFor(
    order,
    first,
    forge.sampleRegistration(registrationRequest(order, first)),
    ports,
  )
  const size = payload.length
  return {
    lines: linesOf(order, ports, { candidates, prices, twin, namesake, size }),
    data: dataOf(order, ports, { candidates, prices, size }),
  }
}

function dataOf(
  order: LaunchOrder,
  { clouds, forge }: Ports,
  { candidates, prices, size: payloadBytes }: Pick<Found, 'candidates' | 'prices' | 'size'>,
): Rehearsal['data'] {
  return {
    scope: forge.scope,
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
    })),
    payloadBytes,
    expiresAt: new Date(order.lease.expiresAt * 1000).toISOString(),
    permissions: permissionsOf(order, clouds),
  }
}

type Found = Pick<Preparation, 'candidates' | 'twin' | 'namesake'> & {
  readonly prices: readonly (Price | undefined)[]
  readonly size: number
}

function linesOf(
  order: LaunchOrder,
  { clouds, forge }: Ports,
  { candidates, prices, twin, namesake, size }: Found,
): string[] {
  return [
    `Scope: ${forge.scope}. Runner: ${order.lease.name}. Labels: ${labelsOf(order, candidates[0]!).join(', ')}.`,
    ...(twin ? [`Machine ${twin.id} of this very launch is there already and would be taken.`] : []),
    ...(namesake
      ? [
          `A runner of this name is ${namesake.online ? 'online: the launch would fail' : 'offline: it would be deleted, unless its machine lives'}.`,
        ]
      : []),
    'Candidates, in order:',
    ...candidates.map(
      (candidate, index) =>
        `${String(index + 1).padStart(3)}. ${renderCandidate(candidate)}, ${candidate.image.name} (${candidate.image.id}), ${candidate.diskGb} GB, ${renderPrice(prices[index], candidate.market)}`,
    ),
    `Payload: ${size} of ${clouds.of(candidates[0]!).limits.payloadBytes} bytes.`,
    `Ends: ${order.single ? 'after one job, ' : ''}when idle for ${renderDuration(order.idleTimeout)}, at the latest ${new Date(order.lease.expiresAt * 1000).toISOString()}.`,
    'Permissions a launch needs:',
    ...permissionsOf(order, clouds).map((permission) => `  - ${permission}`),
    'Dry run: nothing was created.',
  ]
}

function permissionsOf({ request }: LaunchOrder, { open }: Ports['clouds']): readonly string[] {
  return open.flatMap((cloud) => cloud.permissions(request))
}
