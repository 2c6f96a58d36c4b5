import { Pages } from '../../lib/pages.ts'
import type { Runner } from '../../model/runner.ts'
import { readNothing, readRunnerPage, type RunnerPage } from './answers.ts'
import type { Api } from './client.ts'

/** The most GitHub gives at once. */
const pageSize = 100

interface Remembered {
  readonly etag: string
  readonly runner: Runner | undefined
}

/** The registrations of one scope. */
export class Runners {
  readonly #api: Api
  readonly #text: string
  /** Last answer for each name, for conditional requests: an unchanged answer costs nothing of the rate limit. */
  readonly #remembered = new Map<string, Remembered>()

  constructor(api: Api, text: string) {
    this.#api = api
    this.#text = text
  }

  /** One request, however many runners there are: GitHub filters by name. */
  async find(name: string, signal?: AbortSignal): Promise<Runner | undefined> {
    const known = this.#remembered.get(name)
    const { value, etag } = await this.#api.send<RunnerPage | 'unchanged'>({
      tried: `look up runner ${name} in ${this.#text}`,
      method: 'GET',
      path: '/actions/runners',
      parameters: { name, per_page: pageSize },
      ...(known ? { etag: known.etag } : {}),
      signal,
      read: readRunnerPage,
      ...(known ? { answers: { 304: 'unchanged' as const } } : {}),
    })
    if (value === 'unchanged') return known?.runner
    const runner = value.runners.find((candidate) => candidate.name === name)
    // A server that does not know the filter gives everybody: then the runner may be on another page.
    const unfiltered = value.runners.some((candidate) => candidate.name !== name)
    if (unfiltered && !runner && value.total > pageSize) return this.#search(name, signal)
    if (etag) this.#remembered.set(name, { etag, runner })
    else this.#remembered.delete(name)
    return runner
  }

  /** Page by page; runners that come or go meanwhile may be missed or seen twice. */
  async *list(signal?: AbortSignal): AsyncGenerator<readonly Runner[]> {
    const pages = new Pages()
    for (let page = 1, seen = 0; ; page++) {
      const { value } = await this.#api.send({
        tried: `list the runners of ${this.#text}`,
        method: 'GET',
        path: '/actions/runners',
        parameters: { per_page: pageSize, page },
        signal,
        read: (data) => {
          const answer = readRunnerPage(data)
          pages.admit(
            page,
            answer.runners.map(({ id }) => id),
          )
          return answer
        },
      })
      if (value.runners.length > 0) yield value.runners
      seen += value.runners.length
      if (value.runners.length === 0 || seen >= value.total) return
    }
  }

  async unregister(id: string, signal?: AbortSignal): Promise<'gone' | 'busy'> {
    const { value } = await this.#api.send<'gone' | 'busy'>({
      tried: `remove runner ${id} from ${this.#text}`,
      method: 'DELETE',
      path: '/actions/runners/{runner_id}',
      parameters: { runner_id: id },
      signal,
      read: readNothing,

      answers: { 404: 'gone', 422: 'busy' },
    })
    return value
  }

  async #search(name: string, signal?: AbortSignal): Promise<Runner | undefined> {
    for await (const page of this.list(signal)) {
      const runner = page.find((candidate) => candidate.name === name)
      if (runner) return runner
    }
    return undefined
  }
}
