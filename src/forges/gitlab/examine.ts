import { type Check, checkClock, checkOf, outcomeOf } from '../../model/check.ts'
import type { Failure } from '../../model/failure.ts'
import type { ForgeContext } from '../forge.ts'
import { readOwnToken, readProject, readRunnerPage, type OwnToken, type Project } from './answers.ts'
import type { Api, Call } from './client.ts'
import { type Locator, pathOf, type Place } from './place.ts'
import { type Credentials, explainCreation, neededToken } from './rights.ts'
import { checkProject } from './rules.ts'
import type { Scope } from './scope.ts'
import { Refusal } from './trouble.ts'

export interface Examined {
  readonly api: Api
  readonly scope: Scope
  readonly locator: Locator
  readonly credentials: Credentials
  readonly context: ForgeContext
}

/** What a launch would meet at GitLab. */
export async function* examineGitlab(examined: Examined, signal?: AbortSignal): AsyncIterable<Check> {
  const { scope, locator, context } = examined
  const { value: place, failure: lost } = await outcomeOf(locator.place(signal))
  const api = place?.api ?? scope.server?.api
  const { value: own, failure } =
    api === undefined ? { failure: lost } : await outcomeOf(askOwnToken(api, examined, signal))
  yield own ? checkToken(own, examined) : refusedBy(failure, 'token')
  yield checkClock('GitLab', own?.date ?? dateOf(failure), context.clock.now())
  for (const use of uses) {
    const what = `scope ${use.scope}, for ${use.for}`
    yield own ? { what, ...verdictOn(use.scope, own, scope, belowOf(api)) } : refusedBy(failure, what)
  }
  if (place) yield* checkPlace(place, examined, signal)
  else yield checkOf(`${scope.kind ?? 'project or group'} ${scope.text}`, lost)
}

/** With the time of the answer. */
type Own = OwnToken & { readonly date: string | undefined }

function askOwnToken(api: string, examined: Examined, signal?: AbortSignal): Promise<Own> {
  return ask(examined, {
    tried: "look at the token's scopes",
    address: `${api}/personal_access_tokens/self`,
    signal,
    read: (answer) => ({ ...readOwnToken(answer), date: answer.headers.get('date') }),
  })
}

function ask<T>({ api }: Examined, call: Omit<Call<T>, 'method'>): Promise<T> {
  return api.send({ ...call, method: 'GET' })
}

function dateOf(failure: Failure | undefined): string | undefined {
  return failure?.cause instanceof Refusal ? failure.cause.headers.get('date') : undefined
}

function belowOf(api = ''): string {
  return URL.canParse(api) ? pathOf(api.replace(/\/api\/v4$/, '')) : ''
}

/** A token that GitLab does not know is bad; one of which it tells nothing may do. */
function refusedBy(failure: Failure | undefined, what: string): Check {
  return { ...checkOf(what, failure), ...(failure?.kind === 'unauthenticated' ? {} : { verdict: 'unknown' }) }
}

function checkToken({ name, user, endsOn }: OwnToken, { credentials: { source } }: Examined): Check {
  const whose = `access token ${JSON.stringify(name)} of user ${user}${source ? ` (from ${source})` : ''}`
  const end = endsOn === undefined ? 'without an end' : `good until ${endsOn}`
  return { what: 'token', verdict: 'good', said: `${whose}, ${end}` }
}

/** What each narrow scope is for; `api` is all of them (docs.gitlab.com/security/tokens/access_token_scopes). */
const uses = [
  { scope: 'create_runner', for: 'registering runners' },
  { scope: 'manage_runner', for: 'removing runners' },
  { scope: 'read_api', for: 'finding runners' },
] as const

/** GitLab grants `manage_runner` by the path of the request, which on a server below a path never fits. */
function verdictOn(needed: string, { scopes }: OwnToken, place: Scope, below: string): Omit<Check, 'what'> {
  if (scopes.includes('api')) return { verdict: 'good', said: 'the token has `api`' }
  if (scopes.includes(needed) && (needed !== 'manage_runner' || below === '')) return { verdict: 'good' }
  const said = `the token has ${scopes.join(', ') || 'no scopes'}`
  const fix = `scopes of a token cannot be changed: make ${neededToken(place, below)}.`
  return { verdict: 'bad', said, fix }
}

/** The list of runners is shown to whoever may nearly make them; only a project tells the role as well. */
async function* checkPlace(place: Place, examined: Examined, signal?: AbortSignal): AsyncIterable<Check> {
  const { text } = examined.scope
  const address = `${place.api}/${place.kind}s/${place.id}`
  const call = { tried: `list the runners of ${text}`, address: `${address}/runners`, query: { per_page: 1 } }
  const { failure } = await outcomeOf(ask(examined, { ...call, signal, read: readRunnerPage }))
  const what = `runners of ${text}`
  yield failure ? checkOf(what, failure) : { what, verdict: 'good', said: 'the token may list them' }
  const project: Looked =
    place.kind === 'project' ? await outcomeOf(ask(examined, { ...look(place, text), signal })) : {}
  yield checkRole(place, examined, failure, project)
  yield {
    what: `creation of runners, switched on for ${text}`,
    verdict: 'unknown',
    said: 'GitLab tells only when one is made',
  }
  if (project.value) yield* checkProject(project.value, text)
}

const look = ({ api, id }: Place, text: string) => ({
  tried: `look up ${text} and the token's role in it`,
  address: `${api}/projects/${id}`,
  read: readProject,
})

interface Looked {
  readonly value?: Project
  readonly failure?: Failure
}

function checkRole(
  { kind, server }: Place,
  examined: Examined,
  hidden: Failure | undefined,
  { value, failure }: Looked,
): Check {
  const { scope, credentials } = examined
  const what = `role ${kind === 'project' ? 'Maintainer' : 'Owner'} in ${scope.text}`
  if (failure) return { ...checkOf(what, failure), verdict: 'unknown' }
  const role = value?.role
  if (role !== undefined && role >= 40) return { what, verdict: 'good' }
  const { why = '', fix = '' } = explainCreation(role, kind, { scope, credentials, below: pathOf(server) })
  // A token that may read nothing tells nothing of its role.
  if (hidden?.explanation.code === 'insufficient_scope')
    return { ...checkOf(what, hidden), verdict: 'unknown' }
  if (hidden) return { what, verdict: checkOf(what, hidden).verdict, said: why, fix }
  const said =
    kind === 'group'
      ? 'GitLab does not tell a role in a group'
      : 'the role is lower, and yet runners are shown, as they are to an administrator'
  return { what, verdict: 'unknown', said, fix }
}
