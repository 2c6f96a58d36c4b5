import type { CloudHalf, HalfWorld, Notice } from '../../machine/cloud-half.ts'

/** Where the service answers: one of them alone in a subnet without IPv4 (EC2 User Guide, "Instance metadata service"). */
export const metadataServices: readonly string[] = ['http://169.254.169.254', 'http://[fd00:ec2::254]']

const pollPause = 5000
const tokenSeconds = '21600'

export const awsHalf: CloudHalf = {
  name: 'aws',
  notices: ({ variables: { AWS_EC2_METADATA_SERVICE_ENDPOINT: own }, ...world }) =>
    noticesOf(own ? [own] : metadataServices, world),
}

/**
 * What the spot market announces: looks every 5 s, as EC2's documentation advises ("Spot Instance interruption notices", "EC2 instance
 * rebalance recommendations"). `services`: base addresses, without a slash at the end. One that is slow, refuses or is absent only
 * means "not yet".
 */
export async function* noticesOf(
  services: readonly string[],
  { clock, signal }: Pick<HalfWorld, 'clock' | 'signal'>,
): AsyncIterable<Notice> {
  let token: string | undefined
  for (let at = 0, told = false; ; await clock.sleep(pollPause, signal)) {
    signal.throwIfAborted()
    const base = services[at % services.length] ?? ''
    try {
      token ??= await call(`${base}/latest/api/token`, 'PUT', {
        'x-aws-ec2-metadata-token-ttl-seconds': tokenSeconds,
      })
      const headers = { 'x-aws-ec2-metadata-token': token ?? '' }
      const read = async (path: string): Promise<Readonly<Record<string, string>> | undefined> => {
        const text = await call(`${base}/latest/meta-data/${path}`, 'GET', headers)
        if (text !== undefined) return JSON.parse(text) as Readonly<Record<string, string>>
        return undefined
      }
      const notice = await read('spot/instance-action')
      if (notice) {
        const text = `the spot market takes the machine (${notice['action']} at ${notice['time']})`
        yield { text, urgent: true }
        return
      }
      if (!told && (await read('events/recommendations/rebalance'))) {
        told = true
        yield { text: 'the spot market may soon take the machine', urgent: false }
      }
    } catch {
      // The next look brings its own token: this one may have expired (401). And it asks where somebody may answer.
      token = undefined
      at++
    }
  }
}

/** Body of a 200, undefined for a 404; anything else is an error. */
async function call(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const answer = await fetch(url, { method, headers, signal: AbortSignal.timeout(2000) })
  const body = await answer.text()
  if (answer.ok) return body
  if (answer.status !== 404) throw new Error(body)
  return undefined
}
