import { Pages } from '../../lib/pages.ts'
import { Failure } from '../../model/failure.ts'
import type { ForgeContext } from '../forge.ts'
import { readIsPublic, readRunnerGroups, type RunnerGroup } from './answers.ts'
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
  readonly #context: Pick<ForgeContext, 'log' | 'variables'>
  #id: Promise<number> | undefined

  constructor(
    api: Api,
    scope: Scope,
    name: string | undefined,
    context: Pick<ForgeContext, 'log' | 'variables'>,
  ) {
    this.#api = api
    this.#scope = scope
    this.name = name
    this.#context = context
  }

  /** Throws `not-found` naming the groups there are. Says whom the group does not serve. Asks GitHub once. */
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
      if (found) {
        await this.#tellWhomItServes(found, signal)
        return found.id
      }
      if (value.groups.length === 0 || all.length >= value.total) throw this.#unknown(name, all)
    }
  }

  /** A job that the group does not serve waits for a day, beside a machine that is paid for. It may be meant for another repository's jobs. */
  async #tellWhomItServes(
    { name, servesPublic, workflows }: RunnerGroup,
    signal?: AbortSignal,
  ): Promise<void> {
    const { log, variables } = this.#context
    const { GITHUB_WORKFLOW_REF: workflow = '', GITHUB_REPOSITORY: repository = '' } = variables
    const settings = `${new URL(this.#scope.page).origin}/organizations/${this.#scope.owner}/settings/actions/runner-groups`
    if (workflows && !workflows.includes(workflow))
      log.warn(
        `Runner group ${name} takes jobs of these workflows alone: ${workflows.join(', ') || 'none'}.${workflow ? ` This job's workflow, ${workflow}, is none of them.` : ''} Jobs of others wait for a runner until GitHub gives them up after 24 hours. Change it at ${settings}, or give another \`runner-group\`.`,
      )
    if (servesPublic === false && (await this.#isPublic(repository, signal)))
      log.warn(
        `Runner group ${name} takes no jobs of public repositories, and ${repository} is one: its jobs wait for a runner until GitHub gives them up after 24 hours. Change it at ${settings}, or give another \`runner-group\`.`,
      )
  }

  /** Of the repository whose job this is, in this organisation. What can not be read is not public. */
  async #isPublic(repository: string, signal?: AbortSignal): Promise<boolean> {
    const [owner = '', repo = ''] = repository.split('/')
    if (owner.toLowerCase() !== this.#scope.owner.toLowerCase() || repo === '') return false
    const { value } = await this.#api.send({
      tried: `look whether ${repository} is public`,
      method: 'GET',
      path: '',
      route: { template: '/repos/{owner}/{repo}', parameters: { owner, repo } },
      signal,
      read: readIsPublic,
      answers: { 403: false, 404: false },
    })
    return value
  }

  #unknown(name: string, all: readonly RunnerGroup[]): Failure {
    return new Failure('not-found', {
      tried: `find runner group ${name} in ${this.#scope.text}`,
      said: `its groups are ${all.map((group) => group.name).join(', ')}`,
      fix: 'give `runner-group` one of these, or leave it out for the default group.',
    })
  }
}
