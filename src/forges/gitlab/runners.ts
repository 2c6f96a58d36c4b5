import { eachOf } from '../../lib/abreast.ts'
import { Pages } from '../../lib/pages.ts'
import type { Runner } from '../../model/runner.ts'
import {
  readCount,
  readRunner,
  readRunnerPage,
  type RunnerDetails,
  type RunnerPage,
  type RunnerRow,
} from './answers.ts'
import { type Answer, type Api, readNothing } from './client.ts'
import { DetailPages, type Details } from './details.ts'
import type { Locator, Place } from './place.ts'
import { belongs, contactedBy, livelyFirst } from './rows.ts'
import { nameTag, ownTag } from './tags.ts'

/** The most GitLab gives at once. */
const pageSize = 100

/** Requests for single runners at once. */
const breadth = 8

/**
 * The registrations of one project or group. What GitLab tells of a runner's life, and what becomes of it here:
 * - `contacted_at` is set by the first request with the runner's token, and from then on about hourly. So `connected` is the truth, and for a
 *   runner that was just made the change to it is the sign that its machine waits for jobs.
 * - `online` is "used within the last two hours": a runner whose machine vanished stays online for up to two hours.
 * - `job_execution_status` (GitLab 18) is whether a job is running by the books; a lost job stays there until GitLab drops it.
 */
export class Runners {
  readonly #api: Api
  readonly #locator: Locator
  readonly #text: string
  /** Number of the runner last seen under a name, so that the next look is for it alone. */
  readonly #numbers = new Map<string, string>()
  /** What is known of the scope's own runners beside their rows, by number: tags, which never change for ours, and whether anything had spoken. */
  readonly #looked = new Map<string, Details>()
  /** Tags that nothing carried when they were last asked for. */
  readonly #none = new Set<string>()
  /** The server tells details of one runner at a time only. */
  #oneByOne = false

  constructor(api: Api, locator: Locator, text: string) {
    this.#api = api
    this.#locator = locator
    this.#text = text
  }

  /**
   * Of several of one name, which GitLab allows, one that is meant: one that is online, else the newest. Costs one request, the first
   * time one more for a runner that is there. Only runners of ours are found: others can only be told by reading all of them.
   */
  async find(
    name: string,
    signal?: AbortSignal,
    isMeant: (runner: Runner) => boolean = () => true,
  ): Promise<Runner | undefined> {
    const place = await this.#locator.place(signal)
    const number = this.#numbers.get(name)
    const known = number === undefined ? undefined : await this.#seen(number, place, signal)
    if (known && isMeant(known)) return known
    this.#numbers.delete(name)
    // The tag of the usual name is its identity's, which others may carry under names of their own.
    const namesakes = (await this.tagged(nameTag(name), signal)).filter(
      (row) => row.name === name && row.id !== known?.id,
    )
    for (const { id } of namesakes.toSorted(livelyFirst)) {
      const runner = await this.#seen(id, place, signal)
      if (!runner || !isMeant(runner)) continue
      this.#numbers.set(name, id)
      return runner
    }
    return undefined
  }

  async get(id: string, signal?: AbortSignal): Promise<Runner | undefined> {
    return this.#seen(id, await this.#locator.place(signal), signal)
  }

  async #seen(id: string, place: Place, signal?: AbortSignal): Promise<Runner | undefined> {
    const details = await this.#details(id, place, signal)
    return details && this.#runner(details, place, signal)
  }

  /** Remembered, so that the next look for that name needs no search. */
  remember(name: string, id: string): void {
    this.#numbers.set(name, id)
  }

  /** Those that carry a tag of ours, as lists show them: at most a page. */
  async tagged(tag: string, signal?: AbortSignal): Promise<readonly RunnerRow[]> {
    const place = await this.#locator.place(signal)
    const query = { tag_list: tag, per_page: pageSize }
    const tried = `look for runners with tag ${tag} in ${this.#text}`
    const { rows } = await this.#list(place, query, { tried, signal, read: readRunnerPage })
    this.#none[rows.length === 0 ? 'add' : 'delete'](tag)
    return rows
  }

  /** Whether the last question for a tag found nothing; one answer is good for one decision. */
  sawNone(tag: string): boolean {
    return this.#none.delete(tag)
  }

  /** Page by page; runners that come or go meanwhile may be missed or seen twice. */
  async *list(signal?: AbortSignal, which?: 'ours'): AsyncGenerator<readonly Runner[]> {
    const place = await this.#locator.place(signal)
    const filter = which === 'ours' ? { tag_list: ownTag } : {}
    const details = new DetailPages(this.#api, place, filter.tag_list)
    for await (const rows of this.rows(filter, signal)) {
      await this.#learn(rows, details, signal)
      const runners = await eachOf(rows, breadth, (row) => this.#complete(row, place, signal))
      const present = runners.filter((runner) => runner !== undefined)
      if (present.length > 0) yield present
    }
  }

  /** The same as lists show them, with GitLab's own filters. */
  async *rows(
    filter: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): AsyncGenerator<readonly RunnerRow[]> {
    const place = await this.#locator.place(signal)
    const pages = new Pages()
    for (let page = 1; ; page++) {
      const query = { ...filter, per_page: pageSize, page }
      const read = (answer: Answer): RunnerPage => {
        const part = readRunnerPage(answer)
        pages.admit(
          page,
          part.rows.map(({ id }) => id),
        )
        return part
      }
      const call = { tried: `list the runners of ${this.#text}`, signal, read }
      const { rows, last } = await this.#list(place, query, call)
      if (rows.length > 0) yield rows
      if (last || rows.length === 0) return
    }
  }

  /** GitLab removes a runner also while a job runs there; the job goes on. */
  async unregister(id: string, signal?: AbortSignal): Promise<'gone'> {
    const { api } = await this.#locator.place(signal)
    const answer = await this.#api.send<'gone'>({
      tried: `remove runner ${id} from ${this.#text}`,
      method: 'DELETE',
      address: `${api}/runners/${encodeURIComponent(id)}`,
      signal,
      read: readNothing,
      answers: { 404: 'gone' },
    })
    for (const [name, number] of this.#numbers) if (number === id) this.#numbers.delete(name)
    return answer
  }

  /** Without the shared runners, and for a project without those of its groups, which GitLab lists as well. */
  #list(
    { kind, id, api }: Place,
    query: Readonly<Record<string, string | number>>,
    call: {
      readonly tried: string
      readonly signal: AbortSignal | undefined
      readonly read: (answer: Answer) => RunnerPage
    },
  ): Promise<RunnerPage> {
    return this.#api.send({
      ...call,
      method: 'GET',
      address: `${api}/${kind}s/${id}/runners`,
      query: { type: `${kind}_type`, ...query },
    })
  }

  async #details(id: string, place: Place, signal?: AbortSignal): Promise<RunnerDetails | undefined> {
    const details = await this.#api.send<RunnerDetails | undefined>({
      tried: `look at runner ${id} of ${this.#text}`,
      method: 'GET',
      address: `${place.api}/runners/${encodeURIComponent(id)}`,
      // All of what a runner serves is nothing to us, and a lot to read for GitLab.
      query: { include_projects: 'false' },
      signal,
      read: readRunner,
      answers: { 404: undefined },
    })
    if (!details || !belongs(details, place)) return undefined
    this.#looked.set(id, details)
    return details
  }

  /**
   * What lists leave out of these rows, of many at once. Single looks tell the rest: one row costs no more that way, and an old server's
   * rows need them anyway.
   */
  async #learn(rows: readonly RunnerRow[], pages: DetailPages, signal?: AbortSignal): Promise<void> {
    const isLacking = (row: RunnerRow): boolean => row.busy !== undefined && !this.#known(row)
    while (!this.#oneByOne && rows.filter(isLacking).length > 1) {
      const details = await pages.next(`read the tags of the runners of ${this.#text}`, signal)
      if (details === undefined) return
      if (details === 'refused') this.#oneByOne = true
      else for (const [id, seen] of details) this.#looked.set(id, seen)
    }
  }

  /** A row of a list, with what lists leave out. Undefined when it is gone meanwhile, or a group's further up. */
  async #complete(row: RunnerRow, place: Place, signal?: AbortSignal): Promise<Runner | undefined> {
    const details = this.#known(row) ?? (await this.#details(row.id, place, signal))
    return details && this.#runner(details, place, signal)
  }

  /** What needs no look; undefined = it does. */
  #known(row: RunnerRow): Omit<RunnerDetails, 'groups'> | undefined {
    const seen = this.#looked.get(row.id)
    const contacted = contactedBy(row, seen?.contacted)
    if (!seen || contacted === undefined || row.busy === undefined) return undefined
    return { ...row, tags: seen.tags, contacted }
  }

  async #runner(seen: Omit<RunnerDetails, 'groups'>, place: Place, signal?: AbortSignal): Promise<Runner> {
    const { id, name, status, online, contacted, tags } = seen
    const busy = seen.busy ?? (contacted && (await this.#hasJob(id, place, signal)))
    return {
      id,
      name,
      online: status === 'online' || (status === 'paused' && online),
      busy,
      connected: contacted,
      labels: tags,
    }
  }

  /** What servers before GitLab 18 do not say of a runner by themselves. */
  async #hasJob(id: string, { api }: Place, signal?: AbortSignal): Promise<boolean> {
    const running = await this.#api.send({
      tried: `ask whether runner ${id} of ${this.#text} has a job`,
      method: 'GET',
      address: `${api}/runners/${encodeURIComponent(id)}/jobs`,
      query: { status: 'running', per_page: 1 },
      signal,
      read: readCount,
      answers: { 404: 0 },
    })
    return running > 0
  }
}
