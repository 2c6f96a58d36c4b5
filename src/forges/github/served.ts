import { Pages } from '../../lib/pages.ts'
import type { ForgeContext } from '../forge.ts'
import { readIsPublic, readRunnerGroups, type RunnerGroup } from './answers.ts'
import type { Api } from './client.ts'
import type { Scope } from './scope.ts'

/** How an organisation's runner groups are read. */
export interface GroupSearch {
  readonly api: Api
  readonly scope: Scope
  readonly context: Pick<ForgeContext, 'log' | 'variables'>
  readonly signal?: AbortSignal | undefined
  /** Tries in all, the first included, where nothing depends on the answer. */
  readonly attempts?: number
}

/** Page by page; with `visible`, those that this repository of the organisation may use: its name without the owner. */
export async function* listGroups(
  { api, scope, signal, attempts }: GroupSearch,
  visible?: string,
): AsyncIterable<readonly RunnerGroup[]> {
  const pages = new Pages()
  for (let page = 1, seen = 0; ; page++) {
    const { value } = await api.send({
      tried: `list the runner groups of ${scope.text}`,
      method: 'GET',
      path: '/actions/runner-groups',
      parameters: {
        per_page: 100,
        page,
        ...(visible === undefined ? {} : { visible_to_repository: visible }),
      },
      signal,
      attempts,
      read: (data) => {
        const answer = readRunnerGroups(data)
        pages.admit(
          page,
          answer.groups.map(({ id }) => String(id)),
        )
        return answer
      },
    })
    yield value.groups
    seen += value.groups.length
    if (value.groups.length === 0 || seen >= value.total) return
  }
}

/** A job that the group does not serve waits for a day, beside a machine that is paid for. It may be meant for another repository's jobs. */
export async function tellWhomItServes(group: RunnerGroup, search: GroupSearch): Promise<void> {
  const { scope, context } = search
  const { GITHUB_WORKFLOW_REF: workflow = '' } = context.variables
  const { name, workflows } = group
  const settings = `${new URL(scope.page).origin}/organizations/${scope.owner}/settings/actions/runner-groups`
  const change = `Change it at ${settings}, or give another \`runner-group\`.`
  if (workflows && !workflows.includes(workflow))
    context.log.warn(
      `Runner group ${name} takes jobs of these workflows alone: ${workflows.join(', ') || 'none'}.${workflow ? ` This job's workflow, ${workflow}, is none of them.` : ''} Jobs of others wait for a runner until GitHub gives them up after 24 hours. ${change}`,
    )
  const repository = repositoryIn(search)
  const shut = repository === undefined ? undefined : await whyShut(group, repository, search)
  if (shut)
    context.log.warn(
      `Runner group ${name} ${shut}: its jobs wait for a runner until GitHub gives them up after 24 hours. ${change}`,
    )
}

/** Name of the repository whose job this is, without its owner; undefined where that is not this organisation. */
function repositoryIn({ scope, context }: GroupSearch): string | undefined {
  const [owner = '', name = ''] = (context.variables.GITHUB_REPOSITORY ?? '').split('/')
  return owner.toLowerCase() === scope.owner.toLowerCase() && name !== '' ? name : undefined
}

/** Undefined for a repository whose jobs the group takes. */
async function whyShut(
  { id, visibility, servesPublic }: RunnerGroup,
  name: string,
  search: GroupSearch,
): Promise<string | undefined> {
  const repository = `${search.scope.owner}/${name}`
  if (visibility === 'selected' && !(await isVisible(id, name, search)))
    return `takes jobs of selected repositories alone, and ${repository} is none of them`
  const closed = servesPublic === false || visibility === 'private'
  return closed && (await isPublic(name, search))
    ? `takes no jobs of public repositories, and ${repository} is one`
    : undefined
}

async function isVisible(id: number, name: string, search: GroupSearch): Promise<boolean> {
  for await (const page of listGroups(search, name)) if (page.some((group) => group.id === id)) return true
  return false
}

/** What cannot be read is not public. */
async function isPublic(repo: string, { api, scope, signal, attempts }: GroupSearch): Promise<boolean> {
  const { owner } = scope
  const { value } = await api.send({
    tried: `look whether ${owner}/${repo} is public`,
    method: 'GET',
    path: '',
    route: { template: '/repos/{owner}/{repo}', parameters: { owner, repo } },
    signal,
    attempts,
    read: readIsPublic,
    answers: { 403: false, 404: false },
  })
  return value
}
