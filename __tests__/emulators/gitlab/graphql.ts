import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSchema, graphqlSync, GraphQLError, parse, validate } from 'graphql'
import type { Call } from './api-call.ts'
import { authenticate, type Caller, tokenOf } from './credentials.ts'
import type { Registration } from './registrations.ts'
import { runnerType, stampOrNull } from './shapes.ts'
import type { Answer, JournalEntry } from './wire.ts'
import { ancestorsOf, type Place } from './world.ts'

const schema = buildSchema(readFileSync(join(import.meta.dirname, '../../fixtures/gitlab.graphql'), 'utf8'))

/** `default_max_page_size` of app/graphql/gitlab_schema.rb: whoever asks for more gets no more. */
const mostAtOnce = 100

/** `MAX_QUERY_SIZE` of app/controllers/graphql_controller.rb. */
const longestQuery = 10_000

/** `RESOURCE_ACCESS_ERROR` of lib/gitlab/graphql/authorize/authorize_resource.rb. */
const noAccess =
  "The resource that you are attempting to access does not exist or you don't have permission to perform this action"

interface RunnersAsked {
  readonly type?: string
  readonly tagList?: readonly string[]
  readonly membership?: string
  readonly sort?: string
  readonly first?: number
  readonly after?: string
}

/**
 * One request to `/api/graphql`, by GET or POST (app/controllers/graphql_controller.rb). What a query is refused for is told with status 200, and a
 * token that is not good enough with 401.
 */
export function answerGraphql(call: Call, entry: JournalEntry, refuse: (why: string) => Answer): Answer {
  const { method, query: search, body, headers } = entry
  const given = (method === 'POST' ? body : search) as Readonly<Record<string, unknown>> | undefined
  const { query: source, ...others } = given ?? {}
  if ((method !== 'GET' && method !== 'POST') || typeof source !== 'string' || Object.keys(others).length > 0)
    return refuse('a request that is no query alone')
  const token = tokenOf(headers)
  if (token === undefined) return refuse('a query without a token')
  const caller = authenticate(token, ['api', 'read_api'], call.world.projects[0]?.scope)
  if ('status' in caller) return { status: 401, body: { errors: [{ message: 'Invalid token' }] } }
  if (source.length > longestQuery) return { status: 422, body: { errors: [{ message: 'Query too large' }] } }
  const wrong = problemsOf(source)
  if (wrong.length > 0) {
    refuse(wrong.map(({ message }) => message).join('; '))
    return { status: 200, body: { errors: wrong } }
  }
  return { status: 200, body: graphqlSync({ schema, source, rootValue: rootOf(call, caller) }) }
}

function problemsOf(source: string): readonly GraphQLError[] {
  try {
    return validate(schema, parse(source))
  } catch (error) {
    if (error instanceof GraphQLError) return [error]
    throw error
  }
}

function rootOf(call: Call, caller: Caller): object {
  const find = (places: readonly Place[], fullPath: string): Place | undefined =>
    places.find(({ path }) => path.toLowerCase() === fullPath.toLowerCase())
  const shown = (place: Place | undefined, type: string): object | null =>
    place && (!call.world.dials.privateProjects || caller.may('guest', place.scope))
      ? {
          id: `gid://gitlab/${type}/${place.id}`,
          fullPath: place.path,
          runners: (asked: RunnersAsked) => runnersOf(call, caller, place, asked),
        }
      : null
  return {
    project: ({ fullPath }: { fullPath: string }) => shown(find(call.world.projects, fullPath), 'Project'),
    group: ({ fullPath }: { fullPath: string }) => shown(find(call.world.groups, fullPath), 'Group'),
  }
}

/** `Ci::RunnersFinder`: a project's own, its groups' and the instance's; of a group what `membership` says. */
function runnersOf({ world }: Call, caller: Caller, place: Place, asked: RunnersAsked): object {
  if (!caller.may('maintainer', place.scope)) throw new GraphQLError(noAccess)
  const { type, tagList = [], first = mostAtOnce, after } = asked
  const fits = (runner: Registration): boolean =>
    isIn(runner, place, asked.membership) &&
    (type === undefined || type === runnerType(runner).toUpperCase()) &&
    tagList.every((tag) => runner.tags.includes(tag))
  const order = inOrder(asked.sort)
  const key = after === undefined ? undefined : keyOf(after)
  const isLeft = (runner: Registration): boolean => key === undefined || order(runner, key) > 0
  const left = world.registrations
    .all()
    .filter((runner) => fits(runner) && isLeft(runner))
    .toSorted(order)
  const page = left.slice(0, Math.min(first, mostAtOnce))
  const last = page.at(-1)
  return {
    nodes: page.map(shapeOf),
    pageInfo: {
      hasNextPage: left.length > page.length,
      endCursor: last ? cursorOf(last) : null,
    },
  }
}

function isIn({ scope, alsoIn }: Registration, { scope: own, path }: Place, membership?: string): boolean {
  if (scope === own || alsoIn.includes(own)) return true
  if (membership === 'DIRECT') return false
  if (membership === 'DESCENDANTS')
    return scope.startsWith(`groups/${path}/`) || scope.startsWith(`projects/${path}/`)
  return scope === 'instance' || ancestorsOf(path).some((group) => scope === `groups/${group}`)
}

function shapeOf(runner: Registration): object {
  const { id, description, paused, tags, contactedAt } = runner
  return {
    id: `gid://gitlab/Ci::Runner/${id}`,
    description,
    paused,
    runnerType: runnerType(runner).toUpperCase(),
    tagList: tags,
    contactedAt: stampOrNull(contactedAt),
  }
}

/** By the time of creation, the newest first where nothing else is asked for. */
function inOrder(sort = 'CREATED_DESC'): (one: Key, other: Key) => number {
  if (sort.startsWith('CONTACTED')) throw new GraphQLError(`the emulator does not sort by ${sort}`)
  const sign = sort === 'CREATED_ASC' ? 1 : -1
  return (one, other) => sign * (one.createdAt - other.createdAt || one.id - other.id)
}

/** Keyset pagination: what the last of the page was ordered by. */
interface Key {
  readonly createdAt: number
  readonly id: number
}

function cursorOf({ id, createdAt }: Key): string {
  const key = { created_at: new Date(createdAt).toISOString(), id: String(id) }
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

function keyOf(cursor: string): Key {
  try {
    const text = Buffer.from(cursor, 'base64url').toString()
    const { id, created_at: createdAt } = JSON.parse(text) as { id: string; created_at: string }
    return { id: Number(id), createdAt: Date.parse(createdAt) }
  } catch {
    throw new GraphQLError('Please provide a valid cursor')
  }
}
