import { type Log, silentLog } from '../../lib/log.ts'
import { type Check, checkClock, checkOf, outcomeOf } from '../../model/check.ts'
import type { Failure } from '../../model/failure.ts'
import type { ForgeContext, RegistrationRequest } from '../forge.ts'
import { readRunnerPage, type RunnerGroup } from './answers.ts'
import type { Api, Reply } from './client.ts'
import { Groups } from './groups.ts'
import { type Credentials, from, neededPermission } from './rights.ts'
import { checkActions, checkRepository } from './rules.ts'
import type { Scope } from './scope.ts'
import { type GroupSearch, listGroups, tellWhomItServes } from './served.ts'
import { refusalOf } from './trouble.ts'

export interface Examined {
  readonly api: Api
  readonly scope: Scope
  readonly credentials: Credentials
  readonly settings: { readonly registration: string; readonly 'runner-group': string | undefined }
  readonly context: ForgeContext
}

const titles: Readonly<Record<Credentials['kind'], string>> = {
  job: "a job's own GITHUB_TOKEN",
  installation: "a job's own GITHUB_TOKEN, or a token of a GitHub App",
  'fine-grained': 'a fine-grained token',
  classic: 'a classic token',
  unknown: 'a token of a kind that is not known here',
}

/** What a launch would meet at GitHub. The first read tells the most: the list of the scope's runners. */
export async function* examineGithub(
  examined: Examined,
  { single }: Pick<RegistrationRequest, 'single'>,
  signal?: AbortSignal,
): AsyncIterable<Check> {
  const { scope, settings, context } = examined
  const { value, failure } = await look(examined, signal)
  const headers = value?.headers ?? refusalOf(failure?.cause)?.headers ?? {}
  yield checkToken(failure, headers, examined)
  yield checkClock('GitHub', textOf(headers['date']), context.clock.now())
  yield failure ? checkOf(`runners of ${scope.text}`, failure) : { ...read(scope), verdict: 'good' }
  yield checkRegistering(failure, headers, examined)
  if (settings.registration === 'jit' && !single) yield jitWithoutSingle
  const ruled = { api: examined.api, scope, signal }
  if (scope.kind === 'repository') yield* checkRepository(ruled)
  else {
    yield await checkActions(ruled)
    yield await checkGroup(examined, failure, signal)
  }
}

function look({ api, scope }: Examined, signal?: AbortSignal): ReturnType<typeof outcomeOf<Reply<unknown>>> {
  return outcomeOf<Reply<unknown>>(
    api.send({
      tried: `list the runners of ${scope.text}`,
      method: 'GET',
      path: '/actions/runners',
      parameters: { per_page: 1 },
      signal,
      read: readRunnerPage,
    }),
  )
}

const read = ({ text }: Scope): Pick<Check, 'what' | 'said'> => ({
  what: `runners of ${text}`,
  said: 'the token may list them',
})

/** Whatever else GitHub refuses, it looks at the token first. */
function checkToken(
  failure: Failure | undefined,
  headers: Reply<unknown>['headers'],
  { credentials }: Examined,
): Check {
  const said = `${titles[credentials.kind]}${from(credentials)}`
  if (failure?.kind === 'unauthenticated') return checkOf('token', failure)
  const known = !failure || failure.kind === 'permission-denied' || refusalOf(failure.cause)?.status === 404
  if (!known) return { ...checkOf('token', failure), verdict: 'unknown' }
  return { what: 'token', verdict: 'good', said: `${said}, ${endOf(headers)}` }
}

/** Stands in the answers to personal tokens that have an end: `2026-12-01 00:00:00 UTC`. */
function endOf(headers: Reply<unknown>['headers']): string {
  const end = textOf(headers['github-authentication-token-expiration'])
  return end ? `good until ${end}` : 'GitHub names no end of it'
}

/**
 * A classic token that may list runners may register them: both need the same scope and the same role. Of other tokens GitHub does not tell whether they
 * may write before something is written.
 */
function checkRegistering(
  failure: Failure | undefined,
  headers: Reply<unknown>['headers'],
  { scope }: Examined,
): Check {
  const what = `registering and removing runners of ${scope.text}`
  if (failure) return checkOf(what, failure)
  const fix = `make sure that the token is ${neededPermission(scope)}.`
  const scopes = textOf(headers['x-oauth-scopes'])
    ?.split(',')
    .map((name) => name.trim())
  if (scopes?.includes(scope.kind === 'repository' ? 'repo' : 'admin:org'))
    return { what, verdict: 'good', said: `the token has the scopes ${scopes.join(', ')}` }
  const said = 'the token may read; whether it may write, GitHub tells only when something is written'
  return { what, verdict: 'unknown', said, fix }
}

const jitWithoutSingle: Check = {
  what: 'just-in-time registration',
  verdict: 'bad',
  said: 'a just-in-time configuration is for one job',
  fix: 'add `single`, or use `registration` token.',
}

/** Whom the group serves: what a launch warns of is what would keep jobs waiting. */
async function checkGroup(
  { api, scope, settings, context }: Examined,
  earlier: Failure | undefined,
  signal?: AbortSignal,
): Promise<Check> {
  const name = settings['runner-group']
  const what = name === undefined ? 'default runner group' : `runner group ${name}`
  if (earlier) return { ...checkOf(what, earlier), verdict: 'unknown' }
  const warnings: string[] = []
  const log: Log = { ...silentLog, warn: (text) => void warnings.push(text) }
  const search = { api, scope, context: { ...context, log }, signal }
  const looking = async (): Promise<RunnerGroup | undefined> => {
    const id = name === undefined ? undefined : await new Groups(search, name).id(signal)
    const group = await findGroup(search, id)
    if (group && id === undefined) await tellWhomItServes(group, search)
    return group
  }
  const { value: group, failure } = await outcomeOf(looking())
  // A launch goes on where it may not look at the default group.
  if (failure) return { ...checkOf(what, failure), ...(name === undefined ? { verdict: 'unknown' } : {}) }
  if (warnings.length > 0) return { what, verdict: 'bad', said: warnings.join(' ') }
  const repository = context.variables.GITHUB_REPOSITORY ?? ''
  const isKnown = repository.toLowerCase().startsWith(`${scope.owner.toLowerCase()}/`)
  if (group?.visibility !== undefined && (isKnown || group.visibility === 'all'))
    return {
      what,
      verdict: 'good',
      said: isKnown ? `it takes jobs of ${repository}` : 'it takes jobs of all repositories',
    }
  return {
    what,
    verdict: 'unknown',
    said: 'whether it takes the jobs that this runner is for is not known here',
  }
}

/** `id` undefined: the default one. */
async function findGroup(search: GroupSearch, id: number | undefined): Promise<RunnerGroup | undefined> {
  for await (const page of listGroups(search)) {
    const found = page.find((group) => (id === undefined ? group.standard : group.id === id))
    if (found) return found
  }
  return undefined
}

function textOf(header: string | number | undefined): string | undefined {
  return header === undefined ? undefined : String(header)
}
