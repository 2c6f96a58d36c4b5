import type { RegistrationRequest } from '../forges/forge.ts'
import { agentConfigVersion, type AgentConfig, type Registration } from '../machine/agent-config.ts'
import { authorityName } from '../machine/certificates.ts'
import type { JobCard } from '../machine/hooks.ts'
import { checkPayload, fitPayload, type Assets } from '../machine/payload.ts'
import { Failure } from '../model/failure.ts'
import { renderCandidate, type Candidate } from '../model/instance.ts'
import { renderPrice } from '../model/price.ts'
import { accountLabel, placeLabel, runLabel, uniqueLabel } from '../model/runner.ts'
import type { LaunchOrder } from './order.ts'
import type { Ports } from '../ports.ts'

/** Labels by which people know the runner. The others tell its machine from a forged one, and are shown only once it is handed over. */
export function shownLabels({ lease, labels }: LaunchOrder): readonly string[] {
  return [...labels, uniqueLabel(lease.identity)]
}

/** Labels in their order: those that are shown, those that tell where the machine is and of which run and try it is. */
export function labelsOf(order: LaunchOrder, candidate: Candidate): readonly string[] {
  const { account } = candidate
  return [
    ...neededLabels(order, candidate),
    ...(account === undefined ? [] : [accountLabel(account)]),
    runLabel(order.lease),
  ]
}

/** Without which no runner is believed to be the one that was asked for; beside the run label, which is looked at first. */
export function neededLabels(order: LaunchOrder, { cloud, region }: Candidate): readonly string[] {
  return [...shownLabels(order), placeLabel(cloud, region)]
}

export function registrationRequest(order: LaunchOrder, candidate: Candidate): RegistrationRequest {
  return {
    name: order.lease.name,
    labels: labelsOf(order, candidate),
    single: order.single,
    platform: candidate.platform,
    ...(candidate.docker === false ? { docker: false } : {}),
    lifetime: order.lease.expiresAt - order.lease.dueAt + order.launchTimeout,
    ...(order.workdir ? { workdir: order.workdir } : {}),
  }
}

/**
 * Renders the payload with a registration as large as a real one, so that one too large is refused before anything is made or deleted,
 * and what has no room in it is told once for each cloud.
 */
export async function checkPayloads(
  order: LaunchOrder,
  candidates: readonly Candidate[],
  ports: Ports,
): Promise<void> {
  const first = new Map(candidates.toReversed().map((candidate) => [candidate.cloud, candidate]))
  for (const candidate of first.values()) await checkPayloadOf(order, candidate, ports)
}

async function checkPayloadOf(order: LaunchOrder, chosen: Candidate, ports: Ports): Promise<void> {
  // One account's label is as long as another's.
  const candidate = { ...chosen, account: '' }
  const sample = ports.forge.sampleRegistration(registrationRequest(order, candidate))
  const { leftOut } = await fittingPayload(order, candidate, sample, ports)
  if (leftOut.length > 0)
    ports.host.log.warn(
      `${candidate.cloud} takes no more than ${ports.clouds.of(candidate).limits.payloadBytes} bytes for a machine, so ${leftOut.length} certificate authorities of NODE_EXTRA_CA_CERTS stay behind: ${namesOf(leftOut)}. Where the machine needs one of them, name a file that holds it alone.`,
    )
}

/** Some of them: a bundle has more than anybody reads. */
function namesOf(authorities: readonly string[]): string {
  const shown = authorities.slice(-5).map(authorityName).join(', ')
  return authorities.length > 5 ? `${shown} and ${authorities.length - 5} before them` : shown
}

/** The machine's payload for one candidate. Throws `invalid-input` naming the sizes when the cloud would not take it. */
export async function payloadFor(
  order: LaunchOrder,
  candidate: Candidate,
  registration: Registration,
  ports: Ports,
): Promise<Buffer> {
  return (await fittingPayload(order, candidate, registration, ports)).payload
}

async function fittingPayload(
  order: LaunchOrder,
  candidate: Candidate,
  registration: Registration,
  { clouds, forge, host, signal }: Ports,
): Promise<ReturnType<typeof fitPayload>> {
  const download = await forge.download(candidate.platform, signal)
  if (download.bearer) host.mask(download.bearer)
  const { startupScript, sshPublicKey, certificates, launchTimeout } = order
  const { payloadBytes, carrier } = clouds.of(candidate).limits
  const parts = {
    config: agentConfigOf(order, candidate, registration),
    download,
    launchTimeout,
    ground: candidate.ground,
    carrier,
    assets: assetsOf(order, candidate),
    card: cardOf(order, candidate),
    ...(startupScript ? { startupScript } : {}),
    ...(sshPublicKey ? { sshPublicKey } : {}),
    ...(certificates ? { certificates } : {}),
  }
  const fitting = fitPayload(parts, payloadBytes)
  checkPayload(fitting.payload, payloadBytes, startupScript?.length)
  return fitting
}

function cardOf({ lease }: LaunchOrder, candidate: Candidate): JobCard {
  const { price, market } = candidate
  const end = new Date(lease.expiresAt * 1000).toISOString().replace('.000', '')
  return {
    text: `${renderCandidate(candidate)}: ${renderPrice(price, market)}, ends at ${end} at the latest`,
    brief: `${renderCandidate(candidate)}${price ? `, ${price.usdPerHour} USD/h` : ''}, ends by ${end.replace(/:\d\dZ$/, 'Z')}`,
    ...(price ? { usdPerHour: price.usdPerHour } : {}),
  }
}

function assetsOf({ assets }: LaunchOrder, { cloud }: Candidate): Assets {
  const own = assets.get(cloud)
  if (own) return own
  throw new Failure('internal', {
    tried: `set up a machine of ${cloud}`,
    said: 'nothing to run there was read',
  })
}

function agentConfigOf(order: LaunchOrder, candidate: Candidate, registration: Registration): AgentConfig {
  return {
    version: agentConfigVersion,
    identity: order.lease.identity,
    cloud: candidate.cloud,
    name: order.lease.name,
    labels: labelsOf(order, candidate),
    single: order.single,
    idleTimeout: Number.isFinite(order.idleTimeout) ? order.idleTimeout : null,
    expiresAt: order.lease.expiresAt,
    startupScript: order.startupScript !== undefined,
    registration,
    proxy: order.proxy,
    ...(order.workdir ? { workdir: order.workdir } : {}),
  }
}
