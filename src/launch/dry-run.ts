import { renderCandidate } from '../model/instance.ts'
import { renderDuration } from '../model/duration.ts'
import { checkPayloadOf, payloadFor, registrationRequest, labelsOf } from './payload.ts'
import type { LaunchOrder, Ports } from './order.ts'
import { prepare } from './prepare.ts'

/** What a launch would decide, as lines for a person. Reads only: nothing is made, no secret is asked for. */
export async function dryRun(order: LaunchOrder, ports: Ports): Promise<readonly string[]> {
  const { cloud, forge } = ports
  const { candidates, twin, namesake } = await prepare(order, ports)
  const first = candidates[0]!
  await checkPayloadOf(order, first, ports)
  const payload = await payloadFor(
    order,
    first,
    forge.sampleRegistration(registrationRequest(order, first)),
    ports,
  )
  return [
    `Scope: ${forge.scope}. Runner: ${order.lease.name}. Labels: ${labelsOf(order, first).join(', ')}.`,
    ...(twin ? [`Machine ${twin.id} of this very launch is there already and would be taken.`] : []),
    ...(namesake
      ? [
          `A runner of this name is ${namesake.online ? 'online: the launch would fail' : 'offline: it would be deleted, unless its machine lives'}.`,
        ]
      : []),
    'Candidates, in order:',
    ...candidates.map(
      (candidate, index) =>
        `${String(index + 1).padStart(3)}. ${renderCandidate(candidate)}, ${candidate.image.name} (${candidate.image.id}), ${candidate.diskGb} GB`,
    ),
    `Payload: ${payload.length} of ${cloud.limits.payloadBytes} bytes.`,
    `Ends: ${order.single ? 'after one job, ' : ''}when idle for ${renderDuration(order.idleTimeout)}, at the latest ${new Date(order.lease.expiresAt * 1000).toISOString()}.`,
    'Permissions a launch needs:',
    ...cloud.permissions(order.request).map((permission) => `  - ${permission}`),
    'Dry run: nothing was created.',
  ]
}
