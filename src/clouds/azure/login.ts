import {
  ClientAssertionCredential,
  ClientSecretCredential,
  DefaultAzureCredential,
  WorkloadIdentityCredential,
  type TokenCredential,
  type TokenCredentialOptions,
} from '@azure/identity'
import { createFetch } from '../../lib/http.ts'
import { Failure } from '../../model/failure.ts'
import type { CloudContext } from '../cloud.ts'
import { credentialsAdvice } from './advice.ts'

interface Environment {
  readonly api: string
  readonly authority: string
}

/** Azure, and its sovereign clouds, by the words of AZURE_ENVIRONMENT. */
const environments: Readonly<Record<string, Environment>> = {
  azurepubliccloud: { api: 'https://management.azure.com', authority: 'https://login.microsoftonline.com' },
  azureusgovernment: {
    api: 'https://management.usgovcloudapi.net',
    authority: 'https://login.microsoftonline.us',
  },
  azurechinacloud: {
    api: 'https://management.chinacloudapi.cn',
    authority: 'https://login.chinacloudapi.cn',
  },
}

/** For whom Microsoft Entra takes the tokens of others. */
const audience = 'api://AzureADTokenExchange'

/** Who asks, where, and in which subscription. */
export class Login {
  /** Address of the API, without a slash at its end. */
  readonly api: string
  readonly #authority: string
  readonly #context: CloudContext
  #credential: Promise<TokenCredential> | undefined

  constructor(context: CloudContext) {
    const { variables } = context
    this.#context = context
    const environment = environmentOf(variables.AZURE_ENVIRONMENT)
    this.api = address(
      'AZURE_RESOURCE_MANAGER_ENDPOINT',
      variables.AZURE_RESOURCE_MANAGER_ENDPOINT || environment.api,
    )
    this.#authority = address('AZURE_AUTHORITY_HOST', variables.AZURE_AUTHORITY_HOST || environment.authority)
  }

  /** What the token is to be good for. */
  get scope(): string {
    return `${this.api}/.default`
  }

  get subscription(): string | undefined {
    return this.#context.variables.AZURE_SUBSCRIPTION_ID?.trim().toLowerCase() || undefined
  }

  /** By the variables that CML took, a token of the job's own forge, a workload identity; else whatever Microsoft's own chain finds. */
  get credential(): Promise<TokenCredential> {
    return (this.#credential ??= Promise.resolve(this.#made()))
  }

  #made(): TokenCredential {
    const { variables } = this.#context
    const { AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: clientId, AZURE_CLIENT_SECRET: secret } = variables
    const { AZURE_FEDERATED_TOKEN_FILE: tokenFilePath, ACTIONS_ID_TOKEN_REQUEST_URL: forgeUrl } = variables
    const known = Object.values(environments).some(({ authority }) => authority === this.#authority)
    const options = {
      authorityHost: this.#authority,
      // Microsoft's own list of authorities knows none but its own.
      disableInstanceDiscovery: !known,
      retryOptions: { maxRetries: 0 },
    }
    const way = new Way()
    const direct = { ...options, additionalPolicies: [way.policy] }
    if (tenantId && clientId && secret)
      return way.telling(new ClientSecretCredential(tenantId, clientId, secret, direct))
    if (tenantId && clientId && tokenFilePath)
      return way.telling(new WorkloadIdentityCredential({ ...direct, tenantId, clientId, tokenFilePath }))
    if (tenantId && clientId && forgeUrl) {
      const assertion = (): Promise<string> => this.#ofForge(forgeUrl)
      return way.telling(new ClientAssertionCredential(tenantId, clientId, assertion, direct))
    }
    return new DefaultAzureCredential(options)
  }

  /** https://docs.github.com/actions/reference/security/oidc: with the permission `id-token: write`. */
  async #ofForge(url: string): Promise<string> {
    const { variables } = this.#context
    const fetch = createFetch({ variables, patience: 10_000 })
    const separator = url.includes('?') ? '&' : '?'
    const answer = await fetch(`${url}${separator}audience=${encodeURIComponent(audience)}`, {
      headers: { authorization: `Bearer ${variables.ACTIONS_ID_TOKEN_REQUEST_TOKEN ?? ''}` },
    })
    const text = await answer.text()
    const value = /"value"\s*:\s*"([\w.-]+)"/.exec(text)?.[1]
    if (answer.status === 200 && value) return value
    throw new Failure('unauthenticated', {
      tried: 'get an ID token of this job for Azure',
      said: `HTTP ${answer.status}`,
      why: 'GitHub gives one only to jobs with the permission id-token.',
      fix: 'add `permissions: {id-token: write}` to the job.',
    })
  }

  noSubscription(count: number): Failure {
    return new Failure('unauthenticated', {
      tried: 'find the subscription of Azure to launch in',
      said: count === 0 ? 'these credentials see none' : `these credentials see ${count}`,
      why:
        count === 0
          ? 'They have no role in any subscription, or belong to another tenant.'
          : 'Which of them is meant, nobody can guess.',
      fix: `set AZURE_SUBSCRIPTION_ID to its id. ${credentialsAdvice(this.#context.variables)}`,
    })
  }
}

type Policy = NonNullable<TokenCredentialOptions['additionalPolicies']>[number]

/**
 * The way to Microsoft Entra. Of whatever goes wrong on it Microsoft's login says that there are no credentials, and keeps no cause: what it was, is thrown here. The chain that
 * tries everything does without, since most of what it tries is not there.
 */
class Way {
  /** How the last request for this token ended. */
  #trouble: unknown

  readonly policy: Policy = {
    position: 'perRetry',
    policy: {
      name: 'way-to-entra',
      sendRequest: async (request, next) => {
        try {
          const answer = await next(request)
          this.#trouble = undefined
          return answer
        } catch (error) {
          this.#trouble = error
          throw error
        }
      },
    },
  }

  telling(credential: TokenCredential): TokenCredential {
    return {
      getToken: async (scopes, options) => {
        this.#trouble = undefined
        try {
          return await credential.getToken(scopes, options)
        } catch (error) {
          throw this.#trouble ?? error
        }
      },
    }
  }
}

function environmentOf(word: string | undefined): Environment {
  const name = (word || 'AzurePublicCloud').toLowerCase().replaceAll('_', '')
  const aliases: Readonly<Record<string, string>> = {
    azurecloud: 'azurepubliccloud',
    public: 'azurepubliccloud',
    usgovernment: 'azureusgovernment',
    china: 'azurechinacloud',
    azureusgovernmentcloud: 'azureusgovernment',
  }
  const found = environments[aliases[name] ?? name]
  if (found) return found
  throw wrongAddress(
    'AZURE_ENVIRONMENT',
    'it is none of AzurePublicCloud, AzureUSGovernment and AzureChinaCloud',
  )
}

/** Without its slash. Tokens and secrets go there, so it is never without encryption. */
function address(variable: string, text: string): string {
  const plain = text.replace(/\/+$/, '')
  if (!URL.canParse(plain)) throw wrongAddress(variable, 'it is not an address')
  const { protocol, username, search, pathname } = new URL(plain)
  if (protocol !== 'https:') throw wrongAddress(variable, 'it does not begin with https://')
  if (username || search || pathname !== '/') throw wrongAddress(variable, 'there is more in it than a host')
  return plain
}

function wrongAddress(variable: string, said: string): Failure {
  return new Failure('invalid-input', {
    tried: `use ${variable}`,
    said,
    fix: 'unset it, or correct it: an address is written as in https://management.azure.com.',
  })
}
