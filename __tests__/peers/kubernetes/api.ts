import { Agent, request, type RequestOptions } from 'node:https'
import type { IncomingMessage } from 'node:http'

/** An object of the API, of whatever kind. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Thing = any

export interface ApiAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
  readonly body: Thing
}

/** What the server has refused, in its own words. */
export class ApiError extends Error {
  readonly status: number
  constructor(what: string, { status, text, body }: ApiAnswer) {
    super(`${what}: ${status} ${(body as { message?: string })?.message ?? text}`)
    this.status = status
  }
}

export interface ApiOptions {
  /** `https://…`. */
  readonly url: string
  /** PEM. */
  readonly ca: string
  /** Empty for somebody who gives none. */
  readonly token: string
}

const mergePatch = 'application/merge-patch+json'
export const strategicPatch = 'application/strategic-merge-patch+json'

/** The API over plain HTTPS: what the product's own client is held against must not be the product's own client. */
export class Api {
  readonly options: ApiOptions
  readonly #agent: Agent

  constructor(options: ApiOptions) {
    this.options = options
    this.#agent = new Agent({ keepAlive: true, ca: options.ca })
  }

  /** The same server, as somebody else. */
  as(token: string): Api {
    return new Api({ ...this.options, token })
  }

  get = (path: string): Promise<Thing> => this.#must('GET', path)
  post = (path: string, body: unknown): Promise<Thing> => this.#must('POST', path, body)
  patch = (path: string, body: unknown, type = mergePatch): Promise<Thing> =>
    this.#must('PATCH', path, body, type)
  delete = (path: string, body?: unknown): Promise<Thing> => this.#must('DELETE', path, body)

  /** Whatever the answer is. */
  async ask(method: string, path: string, body?: unknown, type = 'application/json'): Promise<ApiAnswer> {
    const response = await this.#send(method, path, { body, type })
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString('utf8')
    const json = /json/.test(response.headers['content-type'] ?? '')
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      text,
      body: json ? JSON.parse(text) : undefined,
    }
  }

  /** Resolves with what `find` gives of the things at this path as soon as it gives something: now, or after a change of theirs. */
  async until<T>(path: string, find: (things: readonly Thing[]) => T | undefined | false): Promise<T> {
    const stop = new AbortController()
    try {
      return await new Promise<T>((resolve, reject) => {
        const look = (things: readonly Thing[]) => {
          const found = find(things)
          if (found !== undefined && found !== false) resolve(found)
        }
        this.follow(path, look, stop.signal).catch(reject)
      })
    } finally {
      stop.abort()
    }
  }

  /** Gives all things at this path, and all of them again after each change, until the signal. Starts anew when the server ends the watch. */
  async follow(path: string, look: (things: readonly Thing[]) => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const list = await this.get(path)
      const things = new Map<string, Thing>(list.items.map((item: Thing) => [item.metadata.uid, item]))
      look([...things.values()])
      const query = `watch=true&allowWatchBookmarks=false&resourceVersion=${list.metadata.resourceVersion}`
      try {
        for await (const { type, object } of this.#events(
          `${path}${path.includes('?') ? '&' : '?'}${query}`,
          signal,
        )) {
          if (type === 'ERROR') break
          if (type === 'DELETED') things.delete(object.metadata.uid)
          else things.set(object.metadata.uid, object)
          look([...things.values()])
        }
      } catch (error) {
        if (!signal.aborted) throw error
      }
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  async *#events(path: string, signal: AbortSignal): AsyncGenerator<{ type: string; object: Thing }> {
    const response = await this.#send('GET', path, { signal })
    if (response.statusCode !== 200) throw new Error(`watch ${path}: ${response.statusCode}`)
    let rest = ''
    for await (const chunk of response.setEncoding('utf8')) {
      const lines = (rest + (chunk as string)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) yield JSON.parse(line)
    }
  }

  async #must(method: string, path: string, body?: unknown, type?: string): Promise<Thing> {
    const answer = await this.ask(method, path, body, type)
    if (answer.status >= 400) throw new ApiError(`${method} ${path}`, answer)
    return answer.body ?? answer.text
  }

  #send(
    method: string,
    path: string,
    { body, type, signal }: { body?: unknown; type?: string; signal?: AbortSignal },
  ): Promise<IncomingMessage> {
    const { url, token } = this.options
    const text = body === undefined ? undefined : JSON.stringify(body)
    const options: RequestOptions = {
      method,
      agent: this.#agent,
      headers: {
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        accept: 'application/json',
        // Node tells no length with a DELETE by itself.
        ...(text === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) }),
      },
      ...(signal ? { signal } : {}),
    }
    return new Promise((resolve, reject) => {
      const asked = request(`${url}${path}`, options, resolve)
      asked.on('error', reject)
      asked.end(text)
    })
  }
}
