import { request } from 'node:http'

import type { Clock } from '../../lib/clock.ts'

/** What the spot market announced, two minutes ahead: `terminate` at `2026-11-21T20:31:00Z`. */
export interface Interruption {
  readonly action: string
  readonly time: string
}

export interface MetadataOptions {
  /** Base addresses, without a slash at the end: the SDKs' own variable AWS_EC2_METADATA_SERVICE_ENDPOINT names one. */
  readonly services?: readonly string[]
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Where the service answers: one of them alone in a subnet without IPv4 (EC2 User Guide, "Instance metadata service"). */
export const metadataServices: readonly string[] = ['http://169.254.169.254', 'http://[fd00:ec2::254]']

const pollPause = 5000
const tokenSeconds = 21_600

/**
 * Resolves when the instance metadata service announces an interruption; looks every 5 s, as EC2's documentation advises
 * ("Spot Instance interruption notices"). A service that is slow, refuses or is absent only means "not yet".
 * Rejects with the signal's reason when that aborts.
 */
export async function awaitInterruption({
  services = metadataServices,
  clock,
  signal,
}: MetadataOptions): Promise<Interruption> {
  let token: string | undefined
  for (let at = 0; ;) {
    signal.throwIfAborted()
    const service = { base: services[at % services.length] ?? '', signal }
    try {
      token ??= await call(service, 'PUT', 'api/token', {
        'x-aws-ec2-metadata-token-ttl-seconds': String(tokenSeconds),
      })
      const notice =
        token &&
        (await call(service, 'GET', 'meta-data/spot/instance-action', { 'x-aws-ec2-metadata-token': token }))
      if (notice) return parseNotice(notice)
    } catch {
      // The next look brings its own token: this one may have expired (401). And it asks where somebody may answer.
      token = undefined
      at++
    }
    await clock.sleep(pollPause, signal)
  }
}

function parseNotice(text: string): Interruption {
  const { action, time } = JSON.parse(text) as Partial<Interruption>
  return { action: String(action), time: String(time) }
}

/** Body of a 200, undefined for a 404; anything else is an error. */
function call(
  { base, signal }: { readonly base: string; readonly signal: AbortSignal },
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${base}/latest/${path}`,
      { method, headers, timeout: 2000, signal },
      (answer) => {
        let body = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
        answer.on('error', reject).on('end', () => {
          if (answer.statusCode === 200) resolve(body)
          else if (answer.statusCode === 404) resolve(undefined)
          else reject(new Error(`metadata service: HTTP ${answer.statusCode}`))
        })
      },
    )
    outgoing.on('timeout', () => outgoing.destroy(new Error('metadata service: no answer')))
    outgoing.on('error', reject).end()
  })
}
