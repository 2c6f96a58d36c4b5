import type { Answer, Request } from '../http/wire.ts'
import type { World } from './world.ts'

export const entra = {
  tenant: '11111111-1111-4111-8111-111111111111',
  client: '22222222-2222-4222-8222-222222222222',
  secret: 'v3rY~s3cr3t.of.the-application_0123456789',
  /** What a forge signs for a job. */
  subject: 'eyJhbGciOiJSUzI1NiJ9.of-the-job.signature',
  token: 'eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.launcher.signature',
} as const

/** Microsoft Entra, and the service by which a forge signs for its jobs; undefined for a request to somebody else. */
export function entraAnswer(
  world: World,
  url: string,
  { method, path, headers, bytes, query }: Request,
): Answer | undefined {
  if (method === 'GET' && path === '/oidc')
    return headers.authorization === 'Bearer of-the-job' && query.audience === 'api://AzureADTokenExchange'
      ? { status: 200, body: { value: entra.subject } }
      : { status: 401 }
  const [, tenant, rest] =
    /^\/([0-9a-f-]{36})\/(v2\.0\/\.well-known\/openid-configuration|oauth2\/v2\.0\/token)$/.exec(path) ?? []
  if (tenant === undefined) return undefined
  if (rest?.startsWith('v2.0')) return { status: 200, body: configurationOf(url, tenant) }
  return tokenFor(world, tenant, new URLSearchParams(bytes.toString('utf8')))
}

function configurationOf(url: string, tenant: string): object {
  return {
    token_endpoint: `${url}/${tenant}/oauth2/v2.0/token`,
    authorization_endpoint: `${url}/${tenant}/oauth2/v2.0/authorize`,
    issuer: `${url}/${tenant}/v2.0`,
    jwks_uri: `${url}/${tenant}/discovery/v2.0/keys`,
    device_authorization_endpoint: `${url}/${tenant}/oauth2/v2.0/devicecode`,
    end_session_endpoint: `${url}/${tenant}/oauth2/v2.0/logout`,
  }
}

function tokenFor({ dials }: World, tenant: string, form: URLSearchParams): Answer {
  const refuse = (error: string, text: string): Answer => ({
    status: 401,
    body: {
      error,
      error_description: `${text} Trace ID: 00000000-0000-4000-8000-000000000001 Correlation ID: 00000000-0000-4000-8000-000000000002 Timestamp: 2026-11-26 12:00:00Z`,
      error_codes: [7000215],
      timestamp: '2026-11-26 12:00:00Z',
      trace_id: '00000000-0000-4000-8000-000000000001',
      correlation_id: '00000000-0000-4000-8000-000000000002',
    },
  })
  if (tenant !== entra.tenant || form.get('client_id') !== entra.client)
    return refuse(
      'unauthorized_client',
      'AADSTS700016: Application with identifier was not found in the directory.',
    )
  const known = form.get('client_secret') === entra.secret || form.get('client_assertion') === entra.subject
  if (!known || dials.credentials === 'unknown')
    return refuse(
      'invalid_client',
      form.has('client_assertion')
        ? 'AADSTS70021: No matching federated identity record found for presented assertion.'
        : 'AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value.',
    )
  return {
    status: 200,
    body: { token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token: entra.token },
  }
}
