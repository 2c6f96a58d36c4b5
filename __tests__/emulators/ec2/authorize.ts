import { createHash } from 'node:crypto'
import type * as http from '../http/wire.ts'
import { disabledRegions, zonesByRegion } from './catalogue.ts'
import { invalid, Refusal, type Dials, type JournalEntry } from './wire.ts'

/** The words of the query protocol: a form that names its action, and the region of the signature. */
export function readQuery({
  bytes,
  headers,
}: http.Request): Pick<JournalEntry, 'action' | 'region' | 'parameters'> {
  const parameters = [...new URLSearchParams(bytes.toString('utf8'))]
  const action = parameters.find(([name]) => name === 'Action')?.[1] ?? ''
  return { action, region: scopeOf(headers.authorization)?.region ?? '', parameters }
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
  if (version !== '2016-11-15') throw invalid(`The version ${version} is not supported`)
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
