import { createFetch, type Fetch } from '../../lib/http.ts'
import { sendOften, type Call } from '../../lib/sending.ts'
import { pageIn } from '../../lib/web-page.ts'
import type { CloudContext } from '../cloud.ts'
import { isCutOff, Refused, UnreadableAnswer } from './answers.ts'
import type { Access } from './client.ts'
import { explain, repeatable } from './failures.ts'

export interface Asked extends Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** From the root of the server, with its query. */
  readonly path: string
  readonly body?: object
  /** Of the body; `application/json` when absent. */
  readonly type?: string
}

/** ms without a byte. */
const patience = 15_000

/** Sends requests as often as their answers ask for, and tells refusals in our words. */
export class Sender {
  readonly #context: CloudContext
  readonly #access: () => Access
  /** By how connections are secured, which a plug-in may change. */
  readonly #wires = new Map<string, Fetch>()

  constructor(context: CloudContext, access: () => Access) {
    this.#context = context
    this.#access = access
  }

  /** The body as JSON. */
  async send<T>(asked: Asked): Promise<T> {
    return this.#asOften(asked, async (attempts) => {
      const text = await this.#once(asked, attempts)
      try {
        const data: unknown = JSON.parse(text)
        if (typeof data === 'object' && data !== null) return data as T
      } catch {
        // Told below.
      }
      throw new UnreadableAnswer('the API server answered with something unreadable')
    })
  }

  text(asked: Asked): Promise<string> {
    return this.#asOften(asked, (attempts) => this.#once(asked, attempts))
  }

  #asOften<T>(asked: Asked, act: (attempts: number) => Promise<T>): Promise<T> {
    const { clock, log, variables } = this.#context
    const sending = {
      clock,
      log,
      again: repeatable,
      explain: (error: unknown) => explain(error, asked, variables),
    }
    return sendOften(sending, asked, act)
  }

  async #once(
    { method, path, body, type = 'application/json', signal }: Asked,
    attempts: number,
  ): Promise<string> {
    const access = this.#access()
    const { headers, security } = await access.credentials()
    const fetch = this.#wire(access, security)
    const answer = await fetch(`${access.server}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        'user-agent': 'cml-runner',
        ...headers,
        ...(body ? { 'content-type': type } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      ...(signal ? { signal } : {}),
    })
    const text = await answer.text()
    const page = pageIn(answer.status, answer.headers.get('content-type'), text)
    if (page) throw page
    if (answer.status >= 200 && answer.status < 300) return text
    // What always comes so is somebody's own way to refuse.
    if (attempts < 3 && isCutOff(text))
      throw new UnreadableAnswer('the API server answered with half of a refusal')
    throw new Refused(answer.status, text, answer.headers.get('retry-after'))
  }

  #wire({ proxy }: Access, security: object): Fetch {
    const key = JSON.stringify(security)
    const known = this.#wires.get(key)
    if (known) return known
    const { variables } = this.#context
    const own = proxy ? { HTTPS_PROXY: proxy, HTTP_PROXY: proxy, NO_PROXY: '' } : variables
    const fetch = createFetch({ variables: own, patience, security })
    this.#wires.set(key, fetch)
    return fetch
  }
}
