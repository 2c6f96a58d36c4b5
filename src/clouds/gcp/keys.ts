import {
  AwsClient,
  IdentityPoolClient,
  JWT,
  PluggableAuthClient,
  UserRefreshClient,
  type AuthClient,
} from 'google-auth-library'
import { Failure } from '../../model/failure.ts'
import type { CloudContext } from '../cloud.ts'
import { credentialsAdvice } from './advice.ts'
import type { KeyFile } from './credentials.ts'

/** A client for credentials that are given as text. The library's own way of doing so warns in the log. Throws `unauthenticated` for a kind it does not know. */
export function clientOf(
  key: KeyFile,
  scopes: readonly string[],
  variables: CloudContext['variables'],
): AuthClient {
  const text = (name: string): string => {
    const value = key[name]
    return typeof value === 'string' ? value : ''
  }
  switch (key.type) {
    case 'service_account': {
      const client = new JWT({
        email: text('client_email'),
        key: text('private_key'),
        keyId: text('private_key_id'),
        scopes: [...scopes],
      })
      // It signs what it sends itself, and needs no token from anybody.
      client.useJWTAccessWithScope = true
      return client
    }
    case 'authorized_user':
      return new UserRefreshClient({
        clientId: text('client_id'),
        clientSecret: text('client_secret'),
        refreshToken: text('refresh_token'),
      })
    case 'external_account':
      return federated(key, scopes)
    default:
      throw new Failure('unauthenticated', {
        tried: 'use the credentials in GOOGLE_APPLICATION_CREDENTIALS_DATA',
        said: 'they are of a kind that is not known here',
        why: 'Known are service_account, authorized_user and external_account.',
        fix: credentialsAdvice(variables),
      })
  }
}

function federated(key: KeyFile, scopes: readonly string[]): AuthClient {
  const source = (key.credential_source ?? {}) as Readonly<Record<string, unknown>>
  const options = key as unknown as ConstructorParameters<typeof IdentityPoolClient>[0]
  const client = source.environment_id
    ? new AwsClient(options as unknown as ConstructorParameters<typeof AwsClient>[0])
    : source.executable
      ? new PluggableAuthClient(options as unknown as ConstructorParameters<typeof PluggableAuthClient>[0])
      : new IdentityPoolClient(options)
  client.scopes = [...scopes]
  return client
}
