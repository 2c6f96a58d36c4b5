import { asList, asRecord, asText, Unreadable } from '../../lib/answers.ts'
import { Pages } from '../../lib/pages.ts'
import type { RunnerDetails } from './answers.ts'
import type { Answer, Api } from './client.ts'
import type { Place } from './place.ts'

/** What the lists of the REST API leave out. */
export type Details = Pick<RunnerDetails, 'tags' | 'contacted'>

interface DetailPage {
  readonly details: ReadonlyMap<string, Details>
  /** Where the next page begins; undefined = this was the last. */
  readonly next: string | undefined
}

/**
 * The details of a place's own runners, a hundred a request, by the GraphQL API. It takes the same token in the same header (scope `api` or
 * `read_api`) from whoever may list the runners (app/controllers/graphql_controller.rb, lib/gitlab/auth/request_authenticator.rb,
 * app/finders/ci/runners_finder.rb). It answers queries to GET too, so that they can be repeated. One of these costs some 20 of the 250 points
 * that GitLab allows, by the rules of app/graphql/types/base_field.rb. Read in GitLab's source; not tried on a live server.
 */
export class DetailPages {
  readonly #api: Api
  readonly #place: Place
  readonly #tag: string | undefined
  readonly #pages = new Pages()
  #page = 0
  #next: string | undefined = ''

  /** `tag`: of those that are wanted; undefined = all. */
  constructor(api: Api, place: Place, tag: string | undefined) {
    this.#api = api
    this.#place = place
    this.#tag = tag
  }

  /**
   * Runners by their numbers, page by page; undefined after the last. `refused`: the server or something before it does not answer this, as
   * old servers do and proxies that let nothing but the REST API through.
   */
  async next(
    tried: string,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, Details> | 'refused' | undefined> {
    if (this.#next === undefined) return undefined
    const number = ++this.#page
    const page = await this.#api.send<DetailPage | undefined>({
      tried,
      method: 'GET',
      address: `${this.#place.server}/api/graphql`,
      query: { query: queryOf(this.#place, this.#tag, this.#next) },
      signal,
      anyAnswer: true,
      // What it says when a query fails or takes too long; the same would happen again.
      answers: { 500: undefined, 503: undefined },
      read: (answer) => {
        const read = readable(() => readDetails(answer, this.#place.kind))
        if (read) this.#pages.admit(number, [...read.details.keys()])
        return read
      },
    })
    this.#next = page?.next
    return page?.details ?? 'refused'
  }
}

/**
 * Strings of JSON are strings of GraphQL. `DIRECT`: without the runners of a group's projects. The order is that of the REST API's lists, so
 * that pages go together.
 */
function queryOf({ kind, path }: Place, tag: string | undefined, after: string): string {
  const type = kind === 'project' ? 'type: PROJECT_TYPE' : 'type: GROUP_TYPE, membership: DIRECT'
  const tagged = tag === undefined ? '' : `, tagList: [${JSON.stringify(tag)}]`
  const from = after === '' ? '' : `, after: ${JSON.stringify(after)}`
  return `{ ${kind}(fullPath: ${JSON.stringify(path)}) { runners(${type}, sort: CREATED_ASC, first: 100${tagged}${from}) { nodes { id tagList contactedAt } pageInfo { hasNextPage endCursor } } } }`
}

/** Refusals come with status 200 too: `errors`, and null where there would be something. */
function readDetails({ status, data }: Answer, kind: Place['kind']): DetailPage | undefined {
  const { data: found, errors } = asRecord(data)
  if (status !== 200 || errors !== undefined) return undefined
  const { nodes, pageInfo } = asRecord(asRecord(asRecord(found)[kind]).runners)
  const { hasNextPage, endCursor } = asRecord(pageInfo)
  const details = asList(nodes).map((node): [string, Details] => {
    const { id, tagList, contactedAt } = asRecord(node)
    return [
      numberOf(asText(id)),
      { tags: asList(tagList).map(asText), contacted: typeof contactedAt === 'string' },
    ]
  })
  return { details: new Map(details), next: hasNextPage === true ? asText(endCursor) : undefined }
}

/** `gid://gitlab/Ci::Runner/42` */
function numberOf(id: string): string {
  const number = /^gid:\/\/gitlab\/Ci::Runner\/(\d+)$/.exec(id)?.[1]
  if (number === undefined) throw new Unreadable(`a runner with the id ${id.slice(0, 60)}`)
  return number
}

/** Undefined for an answer of another shape: each runner can still be asked for by itself. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Unreadable) return undefined
    throw error
  }
}
