import { isOpenToReaders } from '../../lib/address.ts'
import { anyOf } from '../../lib/deadline.ts'
import { createFetch, type Fetch, type HttpResponse } from '../../lib/http.ts'
import { within } from '../../lib/within.ts'
import type { Platform } from '../../model/instance.ts'
import type { CloudContext } from '../cloud.ts'

/** ms that a launch waits for a registry: its answer is good to have, and no launch depends on it. */
const patience = 3_000

/** Registries that answer elsewhere than their images' names say. */
const elsewhere: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' }

/** What a tag of several platforms is: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const accept = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ')

/**
 * The image that brings the forge's program, by the digest that its registry tells now: then no other can run under its name, on whatever node. Else by
 * its tag, which is told. Undefined where the forge does not say which it is: what follows says why.
 */
export async function findRunnerImage(
  platform: Platform,
  { clock, download, log, variables }: CloudContext,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const found = await download?.(platform, signal).catch(() => undefined)
  signal?.throwIfAborted()
  if (!found?.image) return undefined
  const { name } = found.image
  const over = new AbortController()
  const asking = { name, variables, signal: signal ? anyOf(signal, over.signal) : over.signal }
  const asked = digestOf(asking).catch((error: unknown) => ({ why: String((error as Error).message) }))
  const answer = (await within(asked, patience, clock)) ?? { why: `no answer within ${patience / 1000} s` }
  over.abort()
  signal?.throwIfAborted()
  if (typeof answer === 'string') return `${name}@${answer}`
  log.info(`The pod names ${name} by its tag: its registry does not tell the digest (${answer.why}).`)
  return name
}

interface Asking {
  readonly name: string
  readonly variables: CloudContext['variables']
  readonly signal: AbortSignal
}

/** Throws why it cannot be told. */
async function digestOf({ name, variables, signal }: Asking): Promise<string> {
  const [, host = '', repository = '', tag = ''] = /^([^/]+)\/(.+):([^:/]+)$/.exec(name) ?? []
  const base = variables.CML_IMAGE_DIGESTS || `https://${elsewhere[host] ?? host}`
  const url = new URL(`${base.replace(/\/+$/, '')}/v2/${repository}/manifests/${tag}`)
  if (isOpenToReaders(url)) throw new Error(`${url.origin} is not https`)
  const fetch = createFetch({ variables, patience })
  const look = (bearer?: string): Promise<HttpResponse> =>
    fetch(url.href, {
      method: 'HEAD',
      headers: { ...agent, accept, ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }) },
      signal,
    })
  const first = await look()
  const { status, headers } =
    first.status === 401 ? await look(await tokenFor({ url, repository, signal }, first, fetch)) : first
  const digest = headers.get('docker-content-digest') ?? ''
  if (status !== 200) throw new Error(`${url.host} answered HTTP ${status}`)
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error(`${url.host} answered without one`)
  return digest
}

const agent = { 'user-agent': 'cml-runner' } as const

/**
 * Anybody's, for reading: nothing secret is sent for it, and it is sent to its registry alone.
 * https://distribution.github.io/distribution/spec/auth/token/
 */
async function tokenFor(
  {
    url,
    repository,
    signal,
  }: { readonly url: URL; readonly repository: string; readonly signal: AbortSignal },
  { headers }: HttpResponse,
  fetch: Fetch,
): Promise<string> {
  const challenge = headers.get('www-authenticate') ?? ''
  const told = new Map(Array.from(challenge.matchAll(/(\w+)="([^"]*)"/g), ([, key, text]) => [key, text]))
  const realm = told.get('realm') ?? ''
  if (!/^bearer /i.test(challenge) || !URL.canParse(realm)) throw new Error(`${url.host} wants a login`)
  const address = new URL(realm)
  if (address.protocol !== 'https:' && address.origin !== url.origin)
    throw new Error(`${url.host} names no https address for its tokens`)
  const service = told.get('service')
  if (service !== undefined) address.searchParams.set('service', service)
  address.searchParams.set('scope', `repository:${repository}:pull`)
  const answer = await fetch(address.href, { headers: { ...agent, accept: 'application/json' }, signal })
  if (answer.status !== 200) throw new Error(`${address.host} answered HTTP ${answer.status}`)
  const { token, access_token: other } = parsed(await answer.text())
  const bearer = token ?? other
  if (typeof bearer === 'string' && /^[\w.~+/=-]{1,8192}$/.test(bearer)) return bearer
  throw new Error(`${address.host} answered without a token`)
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return { ...(JSON.parse(text) as object) }
  } catch {
    return {}
  }
}
