import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { Unreadable } from './answers.ts'
import { systemClock, type Clock } from './clock.ts'

type Variables = Readonly<Record<string, string | undefined>>

export interface HttpRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal
}

/** The part of a `Response` that clients of a JSON API read. Header names are lowercase. */
export interface HttpResponse {
  readonly url: string
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  text(): Promise<string>
  arrayBuffer(): Promise<ArrayBuffer>
}

/**
 * Sends one request. Rejects with Node's own error (its `code` says what went wrong on the way), with Unreadable for an answer that is too
 * large, or with the signal's reason.
 */
export type Fetch = (url: string, request?: HttpRequest) => Promise<HttpResponse>

/** Whom a connection trusts and how it shows itself, where that is not as usual: as Node's `tls.connect` takes it. */
export interface ConnectionSecurity {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly rejectUnauthorized?: boolean
  readonly servername?: string
}

export interface FetchOptions {
  /** Where HTTP_PROXY, HTTPS_PROXY and NO_PROXY are read from. */
  readonly variables: Variables
  /** Milliseconds without a byte after which a request is given up with the code `ETIMEDOUT`. */
  readonly patience: number
  /** What a whole answer may take is measured by it. */
  readonly clock?: Clock
  readonly security?: ConnectionSecurity
}

/** Bytes of an answer's body. The largest that is read here, 100 runners with their labels, has a hundredth of it. */
const largestBody = 16 * 1024 * 1024

/** So many times the patience with silence may a whole request take: a server that sends a byte now and then is never silent. */
const longestRequest = 3

const redirects = new Set([301, 302, 307, 308])
const mostRedirects = 3

/**
 * A `fetch` made of Node's plain HTTP client: it spares the launch the 10 MB of memory that the built-in one costs, keeps the error
 * codes, and decides about proxies for each host it meets (NO_PROXY included), not once for all. Redirects are followed with the
 * request as it was, within one origin only, since headers carry credentials. Neither an answer without an end nor a huge one is waited for.
 */
export function createFetch({ variables, patience, clock = systemClock, security }: FetchOptions): Fetch {
  const connections = { keepAlive: true, proxyEnv: { ...variables } }
  const agents = {
    'http:': new HttpAgent(connections),
    'https:': new HttpsAgent({ ...connections, ...security }),
  }
  const wire = { agents, patience, clock }

  return async function fetch(url, request = {}) {
    for (let address = new URL(url), count = 0; ; count++) {
      const answer = await send(address, request, wire)
      const location =
        redirects.has(answer.status) && count < mostRedirects ? answer.headers.get('location') : undefined
      const next =
        location !== undefined && URL.canParse(location, address.href)
          ? new URL(location, address)
          : undefined
      if (next?.origin !== address.origin) return answer
      address = next
    }
  }
}

interface Wire {
  readonly agents: { readonly 'http:': HttpAgent; readonly 'https:': HttpsAgent }
  readonly patience: number
  readonly clock: Clock
}

async function send(
  address: URL,
  { method = 'GET', headers = {}, body, signal }: HttpRequest,
  { agents, patience, clock }: Wire,
): Promise<HttpResponse> {
  const start = address.protocol === 'http:' ? httpRequest : httpsRequest
  const agent = agents[address.protocol === 'http:' ? 'http:' : 'https:']
  const length: Record<string, string> =
    body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const options = { method, headers: { ...headers, ...length }, agent, timeout: patience }
  const settled = new AbortController()
  const answer = new Promise<HttpResponse>((resolve, reject) => {
    const call = start(address, { ...options, ...(signal ? { signal } : {}) })
    const giveUp = (said: string): void => {
      const error = Object.assign(new Error(`${address.host} ${said}`), { code: 'ETIMEDOUT' })
      reject(error)
      call.destroy(error)
    }
    call.on('response', (message) => void read(message, address).then(resolve, reject))
    call.on('timeout', () => giveUp(`was silent for ${patience / 1000} s`))
    call.on('error', (error) => reject(signal?.aborted ? signal.reason : error))
    const longest = longestRequest * patience
    clock.sleep(longest, settled.signal).then(
      () => giveUp(`had not ended its answer after ${longest / 1000} s`),
      () => undefined,
    )
    call.end(body)
  })
  return answer.finally(() => settled.abort())
}

async function read(message: IncomingMessage, address: URL): Promise<HttpResponse> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > largestBody)
      throw new Unreadable(
        `an answer of ${address.host} with more than ${largestBody / 1024 / 1024} MB`,
        false,
      )
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  const headers = Object.entries(message.headers).map(
    ([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')] as const,
  )
  return {
    url: address.href,
    status: message.statusCode ?? 0,
    headers: new Map(headers),
    text: () => Promise.resolve(bytes.toString('utf8')),
    arrayBuffer: () => Promise.resolve(Uint8Array.from(bytes).buffer),
  }
}

/** True when the environment names a proxy. */
export function namesProxy(variables: Variables): boolean {
  return ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].some((name) => Boolean(variables[name]))
}

/**
 * Node's agents speak to proxies since 24.5 and 22.21, NO_PROXY included; an older Node would go around the proxy without a word.
 * Source: nodejs.org/blog/release/v22.21.0, "add built-in proxy support in http/https.request and Agent".
 */
export function nodeKnowsProxies(version = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21)
}
