import { type Check, checkOf, outcomeOf } from '../../model/check.ts'
import { readApproval, readEnabled, readRepository, type Repository } from './answers.ts'
import type { Api } from './client.ts'
import type { Scope } from './scope.ts'

export interface Ruled {
  readonly api: Api
  readonly scope: Scope
  readonly signal: AbortSignal | undefined
}

type Read<T> = Awaited<ReturnType<typeof outcomeOf<T>>>

async function ask<T>(
  { api, signal }: Ruled,
  call: {
    readonly tried: string
    readonly path: string
    readonly route?: Scope['route']
    read(data: unknown): T
  },
): Promise<Read<T>> {
  return outcomeOf(api.send({ ...call, method: 'GET', signal }).then(({ value }) => value))
}

/** What keeps the jobs of a repository from its runners, or lets strangers' jobs on them. */
export async function* checkRepository(ruled: Ruled): AsyncIterable<Check> {
  const { scope } = ruled
  const what = `repository ${scope.text}`
  const { value, failure } = await ask(ruled, {
    tried: `look at ${scope.text}`,
    path: '',
    read: readRepository,
  })
  if (failure) yield checkOf(what, failure)
  else if (value.standstill === undefined)
    yield { what, verdict: 'good', said: 'it is neither archived nor disabled' }
  else
    yield {
      ...{ what, verdict: 'bad', said: `it is ${value.standstill}: none of its jobs runs` },
      fix: 'give another `repo`.',
    }
  yield await checkActions(ruled)
  if (value?.isOfOrganisation) yield await checkOwnRunners(ruled)
  if (value?.isPublic) yield await checkForks(ruled, value)
}

/** https://docs.github.com/rest/actions/permissions: what may not be read is not known. */
export async function checkActions(ruled: Ruled): Promise<Check> {
  const { text, page, kind, owner } = ruled.scope
  const what = `GitHub Actions in ${text}`
  const path = '/actions/permissions'
  const { value, failure } = await ask(ruled, {
    ...{ tried: `look whether ${text} may use Actions`, path },
    read: readEnabled,
  })
  if (failure) return unread(what, failure)
  if (value === 'all') return { what, verdict: 'good', said: 'it is switched on' }
  if (value === 'selected')
    return { what, verdict: 'good', said: 'it is switched on for selected repositories' }
  const address =
    kind === 'repository'
      ? `${page}/settings/actions`
      : `${new URL(page).origin}/organizations/${owner}/settings/actions`
  return { what, verdict: 'bad', said: 'it is switched off: no job runs', fix: `switch it on at ${address}.` }
}

/** An organisation says which of its repositories may have runners of their own. */
async function checkOwnRunners(ruled: Ruled): Promise<Check> {
  const { owner } = ruled.scope
  const what = `runners of repositories in ${owner}`
  const { value, failure } = await ask(ruled, {
    tried: `look which repositories of ${owner} may have runners of their own`,
    path: '/actions/permissions/self-hosted-runners',
    route: { template: '/orgs/{org}', parameters: { org: owner } },
    read: readEnabled,
  })
  if (failure) return unread(what, failure)
  if (value === 'all') return { what, verdict: 'good', said: 'all may have some' }
  const { origin } = new URL(ruled.scope.page)
  const address = `${origin}/organizations/${owner}/settings/actions`
  const fix = `change it at ${address}, or give the organisation as \`repo\`: ${origin}/${owner}.`
  if (value === 'selected')
    return { what, verdict: 'unknown', said: 'selected ones may have some, and which is not asked', fix }
  return { what, verdict: 'bad', said: 'none may have any', fix }
}

/** Who needs no approval: https://docs.github.com/en/rest/actions/permissions#get-fork-pr-contributor-approval-permissions-for-a-repository */
const who: Readonly<Record<string, string>> = {
  first_time_contributors: 'whoever has contributed once',
  first_time_contributors_new_to_github: 'everybody whose account at GitHub is not new',
}

/** Whoever sends a pull request from a fork brings code, which runs on the machine. Secrets stay out of its reach; the machine and its permissions do not. */
async function checkForks(ruled: Ruled, { name }: Pick<Repository, 'name'>): Promise<Check> {
  const what = 'pull requests from forks'
  const risk = 'the repository is public'
  const { value, failure } = await ask(ruled, {
    tried: `look whose pull requests need an approval in ${ruled.scope.text}`,
    path: '/actions/permissions/fork-pr-contributor-approval',
    read: readApproval,
  })
  const fix = `have all outside contributors approved: gh api -X PUT repos/${name}/actions/permissions/fork-pr-contributor-approval -f approval_policy=all_external_contributors`
  if (failure) {
    const { said } = unread(what, failure)
    return { what, verdict: 'unknown', said: `${risk}, and whose need an approval: ${said}`, fix }
  }
  if (value === 'all_external_contributors')
    return { what, verdict: 'good', said: `${risk}, and each needs an approval before its code runs` }
  return {
    ...{ what, verdict: 'unknown', fix },
    said: `${risk}, and ${who[value ?? ''] ?? 'some'} may run code on these machines without an approval (${value})`,
  }
}

/** A token may well register runners and not read what an administrator has set. */
function unread(what: string, failure: NonNullable<Read<unknown>['failure']>): Check {
  const { said } = checkOf(what, failure)
  return { what, verdict: 'unknown', ...(said === undefined ? {} : { said }) }
}
