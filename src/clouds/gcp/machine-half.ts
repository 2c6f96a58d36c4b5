import type { CloudHalf, HalfWorld, Notice } from '../../machine/cloud-half.ts'

/**
 * Where the metadata server answers, whatever resolver works: the second one where a machine has no IPv4 (Compute Engine, "View and query VM metadata";
 * not tried on the real service).
 */
export const metadataAddresses = { ipv4: '169.254.169.254', ipv6: 'fd20:ce::254' } as const

const hosts: readonly string[] = [metadataAddresses.ipv4, `[${metadataAddresses.ipv6}]`]

/** ms, beside what the server waits itself. */
const pollPause = 1000

/** Seconds that the server waits for a change; a machine has 30 from the notice. */
const serverWait = 5

export const gcpHalf: CloudHalf = {
  name: 'gcp',
  notices: ({ variables: { GCE_METADATA_HOST: own }, ...world }) => noticesOf(own ? [own] : hosts, world),
}

/**
 * What Compute Engine announces. A preemption leaves 30 s ("Preemptible VM instances", `instance/preempted`), and the server tells it at once to who waits
 * for the change. Maintenance that ends a machine, as of all with a GPU, is told an hour before ("Monitor and plan for a host maintenance event",
 * `instance/maintenance-event`). `hosts`: addresses of the server. One that refuses or is absent only means "not yet".
 */
export async function* noticesOf(
  hosts: readonly string[],
  { clock, signal }: Pick<HalfWorld, 'clock' | 'signal'>,
): AsyncIterable<Notice> {
  for (let etag = '0', told = false, at = 0; ; await clock.sleep(pollPause, signal)) {
    signal.throwIfAborted()
    const host = hosts[at % hosts.length]!
    try {
      if (!told && (await read(host, 'maintenance-event', signal)).text === 'TERMINATE_ON_HOST_MAINTENANCE') {
        told = true
        yield { text: 'Google Cloud will end the machine within the hour, for maintenance', urgent: false }
      }
      const wait = `preempted?wait_for_change=true&timeout_sec=${serverWait}&last_etag=${etag}`
      const seen = await read(host, wait, signal)
      if (seen.text === 'TRUE') {
        yield { text: 'Google Cloud takes the machine (preempted)', urgent: true }
        return
      }
      etag = seen.etag
    } catch {
      // The next look may find it, and asks where somebody may answer.
      etag = '0'
      at++
    }
  }
}

/** A value of the instance and the mark of its state; any other answer is an error. */
async function read(
  host: string,
  path: string,
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly etag: string }> {
  const answer = await fetch(`http://${host}/computeMetadata/v1/instance/${path}`, {
    headers: { 'metadata-flavor': 'Google' },
    signal: AbortSignal.any([signal, AbortSignal.timeout((serverWait + 5) * 1000)]),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(text)
  return { text: text.trim(), etag: encodeURIComponent(answer.headers.get('etag') ?? '0') }
}
