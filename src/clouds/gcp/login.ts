import { GoogleAuth, type AuthClient } from 'google-auth-library'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { namesProxy } from '../../lib/http.ts'
import { Failure } from '../../model/failure.ts'
import type { CloudContext } from '../cloud.ts'
import type { Quota } from './compute.ts'
import { clientOf } from './keys.ts'
import { keyFromData, noProject, projectOf } from './credentials.ts'

/** Everything that Compute Engine's API takes. */
const scopes = ['https://www.googleapis.com/auth/cloud-platform']

/** Who asks, where, and in which project. */
export class Login {
  /** Address of the API, without a slash at its end. */
  readonly api: string
  readonly #context: CloudContext
  /** In the variables of gcloud, which names the whole address: `https://compute.googleapis.com/compute/v1/`. */
  readonly #override: string | undefined
  #project: string | undefined
  #auth: GoogleAuth | undefined

  constructor(context: CloudContext) {
    const { variables } = context
    this.#context = context
    this.#override = variables.CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE || undefined
    const universe = variables.GOOGLE_CLOUD_UNIVERSE_DOMAIN || 'googleapis.com'
    this.api = (this.#override ?? `https://compute.${universe}/compute/v1`).replace(/\/+$/, '')
  }

  /** Undefined until somebody has asked for it, or where nobody tells. */
  get knownProject(): string | undefined {
    return this.#project
  }

  async project(): Promise<string> {
    const { variables } = this.#context
    this.#project ??= projectOf(variables) ?? (await this.#projectOfLogin())
    return this.#project
  }

  /** What the SDK's clients are made with. */
  async clientOptions(): Promise<{ readonly authClient: AuthClient }> {
    const endpoint = this.#endpoint()
    const key = keyFromData(this.#context.variables)
    const authClient = key ? clientOf(key, scopes, this.#context.variables) : await this.#usual.getClient()
    return { authClient: this.#throughProxy(authClient), ...endpoint }
  }

  get #usual(): GoogleAuth {
    return (this.#auth ??= new GoogleAuth({ scopes }))
  }

  /** https://cloud.google.com/resource-manager/reference/rest/v1/projects/testIamPermissions */
  async held(permissions: readonly string[]): Promise<readonly string[]> {
    const { variables } = this.#context
    const base =
      variables.CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER ||
      'https://cloudresourcemanager.googleapis.com/'
    checkEncryption(addressOf(base))
    const { authClient } = await this.clientOptions()
    const { data } = await authClient.request<{ readonly permissions?: readonly string[] }>({
      url: `${base.replace(/\/+$/, '')}/v1/projects/${await this.project()}:testIamPermissions`,
      method: 'POST',
      data: { permissions },
    })
    return data.permissions ?? []
  }

  /** One answer of Compute Engine, which is not worth a client of the SDK. */
  async quotas(region: string | undefined): Promise<readonly Quota[]> {
    const { authClient } = await this.clientOptions()
    const where = region === undefined ? '' : `/regions/${region}`
    const url = `${this.api}/projects/${await this.project()}${where}`
    const { data } = await authClient.request<{ readonly quotas?: readonly Quota[] }>({ url })
    return data.quotas ?? []
  }

  async #projectOfLogin(): Promise<string> {
    const { variables } = this.#context
    // Credentials of their own have told already.
    if (keyFromData(variables)) throw noProject(variables)
    const found = await this.#usual.getProjectId().catch(() => undefined)
    if (found) return found
    // Whoever has no credentials at all is to hear that.
    await this.#usual.getClient()
    throw noProject(variables)
  }

  #endpoint(): object {
    if (this.#override === undefined) return {}
    const address = addressOf(this.#override)
    const { protocol, hostname, port, pathname } = address
    checkEncryption(address)
    if (!/^\/compute\/v1\/?$/.test(pathname)) throw wrongEndpoint('it does not end with /compute/v1/')
    return {
      apiEndpoint: hostname,
      port: Number(port || (protocol === 'http:' ? 80 : 443)),
      protocol: protocol.slice(0, -1),
    }
  }

  /** The SDK brings an agent of its own that knows no proxy. */
  #throughProxy(client: AuthClient): AuthClient {
    const { variables } = this.#context
    if (!namesProxy(variables)) return client
    const options = { keepAlive: true, proxyEnv: { ...variables } }
    const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) }
    const send = client.fetch.bind(client) as (url: string, init?: object) => Promise<never>
    const agent = ({ protocol }: URL): HttpAgent => (protocol === 'http:' ? agents.http : agents.https)
    return Object.assign(client, { fetch: (url: string, init?: object) => send(url, { ...init, agent }) })
  }
}

function addressOf(text: string): URL {
  if (URL.canParse(text)) return new URL(text)
  throw wrongEndpoint('it is not an address')
}

function checkEncryption({ protocol, hostname }: URL): void {
  if (protocol === 'http:' && !/^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostname))
    throw wrongEndpoint('it is plain http, so the token could be read by everybody on the way')
}

function wrongEndpoint(said: string): Failure {
  return new Failure('invalid-input', {
    tried: 'use the address in CLOUDSDK_API_ENDPOINT_OVERRIDES_…',
    said,
    fix: 'unset the variable, or give an address such as https://compute.googleapis.com/compute/v1/.',
  })
}
