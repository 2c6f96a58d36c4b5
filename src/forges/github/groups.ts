import { Failure } from '../../model/failure.ts'
import type { RunnerGroup } from './answers.ts'
import { tellWhomItServes, listGroups, type GroupSearch } from './served.ts'

/** GitHub's default group has this id everywhere. */
const defaultGroup = 1

/** The runner group that was asked for, by name; the default one when none was. */
export class Groups {
  /** As the user wrote it. */
  readonly name: string | undefined
  readonly #search: GroupSearch
  #id: Promise<number> | undefined
  #looked = false

  constructor(search: GroupSearch, name: string | undefined) {
    this.#search = search
    this.name = name
  }

  /** Throws `not-found` naming the groups there are. Says whom the group does not serve. Asks GitHub once. */
  async id(signal?: AbortSignal): Promise<number> {
    // A repository has only the default group, whatever it is called there.
    if (this.name === undefined || this.#search.scope.kind === 'repository') return defaultGroup
    this.#id ??= this.#resolve(this.name, signal)
    try {
      return await this.#id
    } catch (error) {
      this.#id = undefined
      throw error
    }
  }

  /** Says whom the default group of an organisation does not serve, where a launch uses it. Nothing depends on it: asked once, and a refusal is none. */
  async lookAtDefault(signal?: AbortSignal): Promise<void> {
    const { scope, context } = this.#search
    if (this.name !== undefined || scope.kind === 'repository' || this.#looked) return
    this.#looked = true
    const search = { ...this.#search, signal, attempts: 1 }
    try {
      for await (const page of listGroups(search)) {
        const group = page.find(({ standard }) => standard)
        if (group) return await tellWhomItServes(group, search)
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      context.log.debug(`Whom the default runner group serves is not known: ${error.message}`)
    }
  }

  async #resolve(name: string, signal?: AbortSignal): Promise<number> {
    const search = { ...this.#search, signal }
    const all: RunnerGroup[] = []
    for await (const page of listGroups(search)) {
      all.push(...page)
      const found = page.find((group) => group.name.toLowerCase() === name.toLowerCase())
      if (!found) continue
      await tellWhomItServes(found, search)
      return found.id
    }
    throw this.#unknown(name, all)
  }

  #unknown(name: string, all: readonly RunnerGroup[]): Failure {
    return new Failure('not-found', {
      tried: `find runner group ${name} in ${this.#search.scope.text}`,
      said: `its groups are ${all.map((group) => group.name).join(', ')}`,
      fix: 'give `runner-group` one of these, or leave it out for the default group.',
    })
  }
}
