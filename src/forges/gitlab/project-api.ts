import { Pages } from '../../lib/pages.ts'
import { Failure } from '../../model/failure.ts'
import type { Answer, Api, Call } from './client.ts'
import type { Locator } from './place.ts'
import { type JobRow, type Page, readLog } from './run-answers.ts'
import type { Scope } from './scope.ts'

export interface WhichProject {
  readonly api: Api
  readonly scope: Scope
  readonly locator: Locator
}

/** Below the project: `pipelines/4711`. */
export type Asked<T> = Omit<Call<T>, 'address'> & { readonly path: string }

const pageSize = 100

/** What GitLab knows of one project's pipelines. */
export class ProjectApi {
  readonly #project: WhichProject
  readonly #logs = new Map<string, string>()

  constructor(project: WhichProject) {
    this.#project = project
  }

  /** The log of a job that has ended, which changes no more. */
  async log({ id, name }: Pick<JobRow, 'id' | 'name'>, signal?: AbortSignal): Promise<string> {
    const known = this.#logs.get(id)
    if (known !== undefined) return known
    const tried = `read the log of job ${name} of ${this.#project.scope.text}`
    const call = { tried, method: 'GET', path: `jobs/${id}/trace`, signal, read: readLog } as const
    const log = await this.send<string>({ ...call, answers: { 404: '' } })
    this.#logs.set(id, log)
    return log
  }

  async *list<T extends { readonly id: string }>(
    call: Pick<Asked<never>, 'tried' | 'path' | 'query' | 'signal'>,
    read: (answer: Answer) => Page<T>,
  ): AsyncIterable<readonly T[]> {
    const pages = new Pages()
    for (let page = 1; ; page++) {
      const query = { ...call.query, per_page: pageSize, page }
      const { rows, last } = await this.send<Page<T>>({ ...call, method: 'GET', query, read })
      pages.admit(
        page,
        rows.map(({ id }) => id),
      )
      if (rows.length > 0) yield rows
      if (last) return
    }
  }

  async send<T>({ path, ...call }: Asked<T>): Promise<T> {
    const { api, locator, scope } = this.#project
    const { kind, id, api: base } = await locator.place(call.signal ?? undefined)
    if (kind !== 'project') throw ofNoProject(call.tried, scope)
    try {
      return await api.send({ ...call, address: `${base}/projects/${id}/${path}` })
    } catch (failure) {
      if (!(failure instanceof Failure) || failure.kind !== 'permission-denied') throw failure
      const { tried, said = failure.kind, code } = failure.explanation
      const why = 'To run jobs again takes more than to register runners.'
      const explanation = { tried, said, ...(code === undefined ? {} : { code }), why, fix: neededToken }
      throw new Failure(failure.kind, explanation, { cause: failure.cause })
    }
  }
}

const neededToken =
  'give a project or personal access token with the scope `api` and the role Developer in the project (Maintainer, where its branches are protected), as a masked variable.'

function ofNoProject(tried: string, { text, page }: Scope): Failure {
  return new Failure('invalid-input', {
    tried,
    said: `${text} is a group, and pipelines belong to projects`,
    fix: `give \`repo\` one of its projects: ${page}/….`,
  })
}
