import { createPublicKey, generateKeyPairSync, verify, type KeyObject } from 'node:crypto'
import { bearerOf, Refusal } from '../cloud/front.ts'
import type { Request } from '../http/wire.ts'

let pair: { readonly privatePem: string; readonly publicKey: KeyObject } | undefined

/** One key for all emulators of a process: making it takes longer than most tests. */
function keys(): NonNullable<typeof pair> {
  if (pair) return pair
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return (pair = { privatePem, publicKey: createPublicKey(privateKey) })
}

/** The contents of a service account's key file. */
export function keyFile(project: string): string {
  const email = `ci@${project}.iam.gserviceaccount.com`
  return JSON.stringify({
    type: 'service_account',
    project_id: project,
    private_key_id: '0123456789abcdef0123456789abcdef01234567',
    private_key: keys().privatePem,
    client_email: email,
    client_id: '123456789012345678901',
    token_uri: 'https://oauth2.googleapis.com/token',
  })
}

/** The part of a key file that nobody else may read. */
export function privateKeyOf(file: string): string {
  return (JSON.parse(file) as { readonly private_key: string }).private_key
}

/** What a federation's credentials file says, with its services at the emulator: https://google.aip.dev/auth/4117 */
export function federationFile(url: string, impersonate: string | undefined): string {
  return JSON.stringify({
    type: 'external_account',
    audience:
      '//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/ci/providers/forge',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${url}/sts/v1/token`,
    credential_source: {
      url: `${url}/oidc`,
      headers: { authorization: 'Bearer of-the-job' },
      format: { type: 'json', subject_token_field_name: 'value' },
    },
    ...(impersonate
      ? {
          service_account_impersonation_url: `${url}/iam/v1/projects/-/serviceAccounts/${impersonate}:generateAccessToken`,
        }
      : {}),
  })
}

export const tokens = {
  subject: 'eyJ.of-the-forge',
  exchanged: 'ya29.exchanged',
  impersonated: 'ya29.impersonated',
} as const

/** Throws what Compute Engine answers to somebody it does not know. */
export function checkCaller(request: Pick<Request, 'headers'>, now: number): void {
  const token = bearerOf(request)
  if (token === '')
    throw new Refusal(
      401,
      'required',
      'Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
    )
  if (token !== tokens.exchanged && token !== tokens.impersonated && !isSelfSigned(token, now))
    throw unknownCaller()
}

export function unknownCaller(): Refusal {
  return new Refusal(
    401,
    'authError',
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
  )
}

/** A JWT that the service account has signed itself: https://google.aip.dev/auth/4111 */
function isSelfSigned(token: string, now: number): boolean {
  const [head = '', claims = '', signature = ''] = token.split('.')
  try {
    const told = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Readonly<Record<string, unknown>>
    const scoped = `${typeof told.scope === 'string' ? told.scope : ''}`
      .split(' ')
      .includes('https://www.googleapis.com/auth/cloud-platform')
    // The library signs by its own clock, which no test owns.
    const fresh = Number(told.exp) * 1000 > Math.min(now, Date.now())
    return (
      scoped &&
      fresh &&
      verify(
        'sha256',
        Buffer.from(`${head}.${claims}`),
        keys().publicKey,
        Buffer.from(signature, 'base64url'),
      )
    )
  } catch {
    return false
  }
}
