import { rm } from 'node:fs/promises'
import type { CloudHalf, HalfWorld, Notice } from '../../machine/cloud-half.ts'

/** The metadata service's address (Azure, "Instance Metadata Service"). */
export const metadataBase = 'http://169.254.169.254'

/** ms. Azure advises a look a second; whoever is evicted has about thirty. */
const pollPause = 2_000

/** ms: the first question of a machine's life is answered after up to two minutes ("Scheduled Events for Linux VMs"). */
const patience = 150_000

/** What Azure's own agent keeps of what was sent, and jobs could read. */
const copies = ['/var/lib/waagent/ovf-env.xml', '/var/lib/waagent/CustomData']

export const azureHalf: CloudHalf = {
  name: 'azure',
  notices: ({ variables, ...world }) =>
    noticesOf(variables.AZURE_POD_IDENTITY_AUTHORITY_HOST || metadataBase, world, variables.CML_RUNNER_ROOT),
}

interface ScheduledEvent {
  readonly EventId?: string
  readonly EventType?: string
  readonly Resources?: readonly string[]
  readonly NotBefore?: string
}

const meanings: Readonly<Record<string, { readonly text: string; readonly urgent: boolean }>> = {
  Preempt: { text: 'Azure takes the spot machine back', urgent: true },
  Terminate: { text: 'the machine is being removed', urgent: true },
  Reboot: { text: 'Azure will reboot the machine, for maintenance', urgent: false },
  Redeploy: { text: 'Azure will move the machine to another host, for maintenance', urgent: false },
}

/** What Azure announces. A service that refuses or is absent only means "not yet". */
export async function* noticesOf(
  base: string,
  { clock, signal }: Pick<HalfWorld, 'clock' | 'signal'>,
  root = '',
): AsyncIterable<Notice> {
  await Promise.all(copies.map((path) => rm(`${root}${path}`, { force: true }).catch(() => undefined)))
  const told = new Set<string>()
  for (; ; await clock.sleep(pollPause, signal)) {
    signal.throwIfAborted()
    for (const event of await eventsAt(base, signal)) {
      const meaning = meanings[event.EventType ?? '']
      if (!meaning || told.has(event.EventId ?? '')) continue
      told.add(event.EventId ?? '')
      yield {
        text: `${meaning.text}${event.NotBefore ? ` (${event.NotBefore})` : ''}`,
        urgent: meaning.urgent,
      }
      if (meaning.urgent) return
    }
  }
}

/** Of this machine alone: one that belongs to no set hears of no other. */
async function eventsAt(base: string, signal: AbortSignal): Promise<readonly ScheduledEvent[]> {
  try {
    const answer = await fetch(`${base}/metadata/scheduledevents?api-version=2020-07-01`, {
      headers: { metadata: 'true' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]),
    })
    if (!answer.ok) return []
    const { Events: events } = (await answer.json()) as { readonly Events?: readonly ScheduledEvent[] }
    return events ?? []
  } catch {
    return []
  }
}
