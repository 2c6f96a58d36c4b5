import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { CloudHalf, HalfWorld, Notice } from '../../machine/cloud-half.ts'

/** The metadata service's address (Azure, "Instance Metadata Service"). */
export const metadataBase = 'http://169.254.169.254'

/** ms. Azure advises a look a second; whoever is evicted has about thirty. */
const pollPause = 2_000

/** ms: the first question of a machine's life is answered after up to two minutes ("Scheduled Events for Linux VMs"). */
const patience = 150_000

export const azureHalf = {
  name: 'azure',
  notices: ({ variables, ...world }) =>
    noticesOf(variables.AZURE_POD_IDENTITY_AUTHORITY_HOST || metadataBase, world),
  conceal: ({ variables, ...world }) => removeCopies(variables.CML_RUNNER_ROOT ?? '', world),
} as const satisfies CloudHalf

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
): AsyncIterable<Notice> {
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

/** What keeps what was sent and is of no use any more: Azure's own agent's, and cloud-init's. */
const spent = [
  '/var/lib/waagent/ovf-env.xml',
  '/var/lib/waagent/CustomData',
  '/var/lib/cloud/instance/user-data.txt',
  '/var/lib/cloud/instance/user-data.txt.i',
  '/run/cloud-init/instance-data-sensitive.json',
]

/** What cloud-init's later stages read. A later boot does not find it either, and ends by its own unit (bootstrap.sh). */
const needed = [
  '/var/lib/cloud/instance/obj.pkl',
  '/var/lib/cloud/instance/cloud-config.txt',
  '/run/cloud-init/combined-cloud-config.json',
]

/** It is written when the last stage is over. */
const over = '/run/cloud-init/result.json'

/** ms that its later stages may take beside us; then what only they need goes all the same, since the runner waits. */
const stagesHave = 5_000
/** ms for which what they write after that is removed, too. */
const stagesLast = 900_000
const stagesPause = 250
/** How long at most a copy lies there that cloud-init writes beside a job. */
const stagesAgain = 1_000

/**
 * The registration was sent with the rest, and jobs have sudo: what keeps it goes before the runner starts, and goes again when cloud-init is over. Never
 * throws.
 */
async function removeCopies(
  root: string,
  { clock, signal }: Pick<HalfWorld, 'clock' | 'signal'>,
): Promise<void> {
  const remove = (paths: readonly string[]): Promise<unknown> =>
    Promise.all(paths.map((path) => rm(root + path, { force: true }).catch(() => undefined)))
  /** False where it still goes on after so many ms. */
  const isOver = async (within: number): Promise<boolean> => {
    const end = clock.now() + within
    while (!existsSync(root + over) && clock.now() < end && !signal.aborted)
      await clock.sleep(stagesPause, signal).catch(() => undefined)
    return existsSync(root + over)
  }
  await remove(spent)
  const whole = await isOver(stagesHave)
  await remove([...spent, ...needed])
  if (whole) return
  const goOn = async (): Promise<void> => {
    for (const end = clock.now() + stagesLast; clock.now() < end && !signal.aborted;) {
      const last = await isOver(stagesAgain)
      await remove([...spent, ...needed])
      if (last) return
    }
  }
  void goOn()
}
