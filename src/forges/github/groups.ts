import { Pages } from '../../lib/pages.ts'
import { Failure } from '../../model/failure.ts'
import { readRunnerGroups, type RunnerGroup } from './answers.ts'
import type { Api } from './client.ts'
import type { Scope } from './scope.ts'

/** GitHub's default group has this id everywhere. */
const defaultGroup = 1

/** The runner group that was asked for, by name; the default one when none was. */
export class Groups {
  /** As the user wrote it. */
  readonly name: string | undefined
  readonly #api: Api
  readonly #scope: Scope
  #id: Promise<number> | undefined

  constructor(api: Api, scope: Scope, name: string | undefined) {
    this.#api = api
    this.#scope = scope
    this.name = name
  }

  /** Throws `not-found` naming the groups there are. Asks GitHub once. */
  async id(signal?: AbortSignal): Promise<number> {
    // A repository has only the default group, whatever it is called there.
    if (this.name === undefined || this.#scope.kind === 'repository') return defaultGroup
    this.#id ??= this.#resolve(this.name, signal)
    try {
      return await this.#id
    } catch (error) {
      this.#id = undefined
      throw error
    }
  }

  async #resolve(name: string, signal?: AbortSignal): Promise<number> {
    const all: RunnerGroup[] = []
    const pages = new Pages()
    for (let page = 1; ; page++) {
      const { value } = await this.#api.send({
        tried: `list the runner groups of ${this.#scope.text}`,
        method: 'GET',
        path: '/actions/runner-groups',
        parameters: { per_page: 100, page },
        signal,
        read: (data) => {
          const answer = readRunnerGroups(data)
          pages.admit(
            page,
            answer.groups.map(({ id }) => String(id)),
          )
          return answer
        },
      })
      all.push(...value.groups)
      const found = value.groups.find((group) => group.name.toLowerCase() === name.toLowerCase())
      if (found) return found.id
      if (value.groups.length === 0 || all.length >= value.total) throw this.#unknown(name, all)
    }
  }

  #unknown(name: string, all: readonly RunnerGroup[]): Failure {
    return new Failure('not-found', {
      tried: `find runner group ${name} in ${this.#scope.text}`,
      said: `its groups are ${all.map((group) => group.name).join(', ')}`,
      fix: 'give `runner-group` one of these, or leave it out for the default group.',
    })
  }
}
