import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** A file that is too large for memory. */
export interface Fetching {
  readonly url: string
  /** Where it is written, over what is there. */
  readonly path: string
  /** Sent to the first host alone. */
  readonly bearer?: string
  /** Where HTTP_PROXY, HTTPS_PROXY and NO_PROXY are read from. */
  readonly variables: Readonly<Record<string, string | undefined>>
  /** ms without a byte after which it is given up with the code `ETIMEDOUT`. */
  readonly patience: number
  readonly signal?: AbortSignal
}

/** An answer that is not the file. */
export class NotServed extends Error {
  readonly status: number

  constructor(host: string, status: number) {
    super(`${host} answered HTTP ${status}`)
    this.status = status
  }
}

const mostRedirects = 5
/** Bytes; the largest runner program has a tenth of it. */
const largest = 4 * 1024 ** 3

/** Fetches a file to disk. Resolves with the lowercase hex SHA-256 of what came. Rejects with Node's own error, or with `NotServed`. */
export async function fetchFile(fetching: Fetching): Promise<string> {
  const { url, bearer } = fetching
  const connections = { keepAlive: false, proxyEnv: { ...fetching.variables } }
  const agents: Agents = { 'http:': new HttpAgent(connections), 'https:': new HttpsAgent(connections) }
  const first = new URL(url)
  for (let address = first, count = 0; ; count++) {
    const headers: Record<string, string> =
      bearer !== undefined && address.origin === first.origin ? { authorization: `Bearer ${bearer}` } : {}
    const message = await answerOf(address, headers, agents, fetching)
    const { statusCode: status = 0, headers: told } = message
    if (status === 200) return await save(message, fetching)
    message.destroy()
    const next = told.location === undefined ? undefined : nextOf(told.location, address)
    if (status < 300 || status > 399 || !next || count >= mostRedirects)
      throw new NotServed(address.host, status)
    address = next
  }
}

interface Agents {
  readonly 'http:': HttpAgent
  readonly 'https:': HttpsAgent
}

/** What began encrypted stays so. */
function nextOf(location: string, from: URL): URL | undefined {
  const next = URL.canParse(location, from.href) ? new URL(location, from) : undefined
  return next && (next.protocol === 'https:' || next.protocol === from.protocol) ? next : undefined
}

function answerOf(
  address: URL,
  headers: Readonly<Record<string, string>>,
  agents: Agents,
  { patience, signal }: Fetching,
): Promise<IncomingMessage> {
  const secure = address.protocol === 'https:'
  const agent = secure ? agents['https:'] : agents['http:']
  const options = { headers, agent, timeout: patience, ...(signal ? { signal } : {}) }
  return new Promise((resolve, reject) => {
    const call = (secure ? httpsRequest : httpRequest)(address, options)
    call.on('response', resolve)
    call.on('timeout', () => {
      const said = `${address.host} was silent for ${patience / 1000} s`
      call.destroy(Object.assign(new Error(said), { code: 'ETIMEDOUT' }))
    })
    call.on('error', (error) => reject(signal?.aborted ? signal.reason : error))
    call.end()
  })
}

async function save(message: IncomingMessage, { path, signal }: Fetching): Promise<string> {
  const hash = createHash('sha256')
  let size = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      hash.update(chunk)
      done(size > largest ? new Error(`a file of more than ${largest} bytes`) : null, chunk)
    },
  })
  try {
    await pipeline(message, counted, createWriteStream(path, { mode: 0o600 }), signal ? { signal } : {})
  } catch (error) {
    throw signal?.aborted ? signal.reason : error
  }
  return hash.digest('hex')
}
