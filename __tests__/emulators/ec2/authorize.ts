import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { disabledRegions, zonesByRegion } from './catalogue.ts'
import { Refusal, type Dials, type JournalEntry } from './wire.ts'

export async function readEntry(request: IncomingMessage, at: number): Promise<JournalEntry> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const parameters = [...new URLSearchParams(Buffer.concat(chunks).toString('utf8'))]
  const value = (name: string): string => parameters.find(([key]) => key === name)?.[1] ?? ''
  return {
    at,
    method: request.method ?? '',
    path: request.url ?? '',
    action: value('Action'),
    region: scopeOf(request.headers.authorization)?.region ?? '',
    headers: request.headers,
    parameters,
    status: 0,
  }
}

export function scopeOf(
  authorization = '',
): { readonly region: string; readonly service: string } | undefined {
  const [, region = '', service = ''] =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/([a-z0-9-]+)\/([a-z0-9]+)\/aws4_request, ?SignedHeaders=[^,]+, ?Signature=[0-9a-f]{64}$/.exec(
      authorization,
    ) ?? []
  return region ? { region, service } : undefined
}

/** A signature must be there and be meant for EC2 in a region of this account; what it signs is the SDK's business. */
export function checkCredentials(
  { headers, region, method, parameters }: JournalEntry,
  { credentials }: Dials,
): void {
  const scope = scopeOf(headers.authorization)
  if (!headers.authorization)
    throw new Refusal('MissingAuthenticationToken', 'Request is missing Authentication Token', 403)
  if (!scope || scope.service !== 'ec2' || !headers['x-amz-date'])
    throw new Refusal('IncompleteSignature', 'The signature is not a whole AWS4 signature for ec2')
  if (credentials === 'expired') throw new Refusal('RequestExpired', 'Request has expired.')
  const enabled = region in zonesByRegion && !disabledRegions.includes(region)
  if (credentials === 'unknown' || !enabled)
    throw new Refusal('AuthFailure', 'AWS was not able to validate the provided access credentials', 401)
  if (method !== 'POST') throw new Refusal('InvalidRequest', `this emulator takes POST, not ${method}`)
  const version = parameters.find(([name]) => name === 'Version')?.[1]
  if (version !== '2016-11-15')
    throw new Refusal('InvalidParameterValue', `The version ${version} is not supported`)
}

/** `action`: `ec2:RunInstances`. `resource`: an ARN. */
export function denial(action: string, resource?: string): Refusal {
  const on = resource === undefined ? '' : ` on resource: ${resource}`
  const encoded = createHash('sha512').update(action).digest('base64url').repeat(3)
  return new Refusal(
    'UnauthorizedOperation',
    `You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/ci/run is not authorized to perform: ${action}${on} because no identity-based policy allows the ${action} action. Encoded authorization failure message: ${encoded}`,
    403,
  )
}
