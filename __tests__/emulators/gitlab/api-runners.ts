import { type ApiCall, badRequest, forbidden, type Handler, notFound, paged, withPlace } from './api-call.ts'
import type { Role } from './credentials.ts'
import type { AccessLevel, Registration, Scope } from './registrations.ts'
import {
  detailsShape,
  jobShape,
  managerShape,
  runnerShape,
  runnerType,
  stampOrNull,
  statusFiltered,
} from './shapes.ts'
import { type Answer, type Params, refusal } from './wire.ts'
import { ancestorsOf, type Place, type World } from './world.ts'

/** Runners as people see and change them (`lib/api/ci/runners.rb`, `lib/api/user_runners.rb`). */
export const runnersApi: Readonly<Record<string, Handler>> = {
  'post /user/runners': createRunner,
  'get /runners': (call) => list(call, (runner) => isAvailable(call, runner)),
  'get /projects/{id}/runners': withPlace('project', 'maintainer', (call, { path, scope }) => {
    const near = new Set<Scope>([
      scope,
      'instance',
      ...ancestorsOf(path).map((group) => `groups/${group}` as const),
    ])
    return list(call, (runner) => near.has(runner.scope) || runner.alsoIn.includes(scope))
  }),
  'get /groups/{id}/runners': withPlace('group', 'maintainer', (call, { path, scope }) => {
    const near = new Set<Scope>([
      scope,
      'instance',
      ...ancestorsOf(path).map((group) => `groups/${group}` as const),
    ])
    return list(call, (runner) => near.has(runner.scope))
  }),
  'get /runners/{id}': withRunner(mayRead, (call, runner) => ({
    status: 200,
    body: detailsShape(call, runner),
  })),
  'put /runners/{id}': withRunner(mayChange, updateRunner),
  'delete /runners/{id}': withRunner(() => true, deleteRunner),
  'get /runners/{id}/managers': withRunner(mayRead, (call, runner) =>
    paged(call, runner.managers, (manager) => managerShape(call.world, runner, manager)),
  ),
  'get /runners/{id}/jobs': withRunner(mayChange, listJobs),
}

/** Who may create and delete runners there (app/policies): of a project its maintainers, whatever the documentation of the REST API says. */
function keeper(scope: Scope): Role {
  if (scope === 'instance') return 'admin'
  return scope.startsWith('groups/') ? 'owner' : 'maintainer'
}

type Right = (call: ApiCall, runner: Registration) => boolean

function withRunner(may: Right, handle: (call: ApiCall, runner: Registration) => Answer): Handler {
  return (call) => {
    const runner = call.world.registrations.get(Number(call.params['id']))
    if (!runner) return notFound('Runner')
    return may(call, runner) ? handle(call, runner) : forbidden('No access granted')
  }
}

/*
 * Who may do what with a runner that is there (app/policies/ci/runner_policy.rb).
 */

/** Of an instance everybody; else maintainers of a place that it serves: its own, others that it was enabled for, projects below its group. */
function mayRead({ world, caller }: ApiCall, { scope, alsoIn }: Registration): boolean {
  if (scope === 'instance') return true
  const below = world.projects.filter(({ path }) =>
    ancestorsOf(path).some((group) => scope === `groups/${group}`),
  )
  return [scope, ...alsoIn, ...below.map((project) => project.scope)].some((place) =>
    caller.may('maintainer', place),
  )
}

/** Its keepers; of one that serves several projects the maintainers of each. They may see its jobs, too. */
function mayChange(call: ApiCall, runner: Registration): boolean {
  const { scope, alsoIn } = runner
  return call.caller.may(keeper(scope), scope) || (alsoIn.length > 0 && isAvailable(call, runner))
}

/** `User#ci_available_runners`: of projects in which one is a maintainer, whoever's they are, and of one's own groups. No administrator has more. */
function isAvailable({ caller }: ApiCall, { scope, alsoIn }: Registration): boolean {
  if (scope === 'instance' || caller.credential.role === 'admin') return false
  return [scope, ...alsoIn].some((place) => caller.may(keeper(place), place))
}

function list(call: ApiCall, belongs: (runner: Registration) => boolean): Answer {
  const { world, params } = call
  const shown = world.registrations
    .listed(world.dials.visibleAfterLooks)
    .filter((runner) => belongs(runner) && passes(world, runner, params))
  return paged(call, shown, (runner) => runnerShape(world, runner))
}

function passes(world: World, runner: Registration, params: Params): boolean {
  const { type, status, scope, paused, tag_list: tags, version_prefix } = params
  const prefix = version_prefix as string | undefined
  const wanted = status ?? scope
  const standing =
    wanted === undefined ||
    wanted === statusFiltered(world, runner) ||
    wanted === (runner.paused ? 'paused' : 'active')
  const tagged = tags === undefined || tagsOf(tags).every((tag) => runner.tags.includes(tag))
  const versioned =
    prefix === undefined || runner.managers.some(({ version = '' }) => version.startsWith(prefix))
  return (
    standing &&
    tagged &&
    versioned &&
    (type === undefined || type === runnerType(runner)) &&
    (paused === undefined || paused === runner.paused)
  )
}

function tagsOf(value: unknown): readonly string[] {
  const all = Array.isArray(value) ? (value as string[]) : String(value).split(',')
  return [...new Set(all.map((tag) => tag.trim()).filter(Boolean))]
}

/** What makes a runner impossible to save, in the words of `app/models/ci/runner.rb`. */
function problemsOf(
  runner: Pick<Registration, 'tags' | 'runUntagged' | 'maximumTimeout' | 'maintenanceNote'>,
) {
  return [
    ...(runner.tags.length === 0 && !runner.runUntagged
      ? ['Tags list cannot be empty when runner is not allowed to pick untagged jobs']
      : []),
    ...(runner.tags.length > 50
      ? ['Tags list Too many tags specified. Please limit the number of tags to 50']
      : []),
    // That it is refused is documented; the words are not known.
    ...(runner.tags.some((tag) => [...tag].length > 255)
      ? ['Tags name is too long (maximum is 255 characters)']
      : []),
    ...((runner.maximumTimeout ?? 600) < 600 ? ['Maximum timeout needs to be at least 10 minutes'] : []),
    ...((runner.maintenanceNote ?? '').length > 1024
      ? ['Maintenance note is too long (maximum is 1024 characters)']
      : []),
  ]
}

function createRunner({ world, caller, params }: ApiCall): Answer {
  const scope = scopeOf(world, params)
  if (!scope)
    return badRequest(`Missing/invalid ${params['runner_type'] === 'group_type' ? 'group' : 'project'}`)
  const disabled = world.dials.creation === 'disabled' && !caller.may('admin', scope)
  if (disabled || !caller.may(keeper(scope), scope)) return forbidden('Insufficient permissions')
  const order = {
    scope,
    alsoIn: [],
    hasCreator: true,
    description: (params['description'] ?? '') as string,
    tags: tagsOf(params['tag_list'] ?? ''),
    runUntagged: params['run_untagged'] !== false,
    locked: params['locked'] === true,
    paused: params['paused'] === true,
    accessLevel: (params['access_level'] ?? 'not_protected') as AccessLevel,
    maximumTimeout: params['maximum_timeout'] as number | undefined,
    maintenanceNote: params['maintenance_note'] as string | undefined,
  }
  const problems = [...problemsOf(order), ...beyondPlan(world, scope)]
  if (problems.length > 0) return badRequest(problems.join(' and '))
  const { id, token, tokenExpiresAt } = world.registrations.add(order, world.now(), world.dials.tokenLifetime)
  return { status: 201, body: { id, token, token_expires_at: stampOrNull(tokenExpiresAt) } }
}

/** `app/models/concerns/limitable.rb`, in the words of `config/locales`. */
function beyondPlan(world: World, scope: Scope): readonly string[] {
  const { runnerLimit } = world.dials
  if (scope === 'instance' || world.countedIn(scope) < runnerLimit) return []
  const what = scope.startsWith('groups/') ? 'group' : 'project'
  return [`Maximum number of ci registered ${what} runners (${runnerLimit}) exceeded`]
}

function scopeOf(world: World, params: Params): Scope | undefined {
  const find = (places: readonly Place[], id: unknown): Scope | undefined =>
    places.find((place) => place.id === id)?.scope
  if (params['runner_type'] === 'instance_type') return 'instance'
  return params['runner_type'] === 'group_type'
    ? find(world.groups, params['group_id'])
    : find(world.projects, params['project_id'])
}

function updateRunner(call: ApiCall, runner: Registration): Answer {
  const { world, params } = call
  const { description, tag_list: tags, maximum_timeout: timeout, maintenance_note: note } = params
  const changed = {
    description: (description ?? runner.description) as string,
    tags: tags === undefined ? runner.tags : tagsOf(tags),
    runUntagged: (params['run_untagged'] ?? runner.runUntagged) as boolean,
    locked: (params['locked'] ?? runner.locked) as boolean,
    paused: (params['paused'] ?? runner.paused) as boolean,
    accessLevel: (params['access_level'] ?? runner.accessLevel) as AccessLevel,
    maximumTimeout: timeout === null ? undefined : ((timeout ?? runner.maximumTimeout) as number | undefined),
    maintenanceNote: (note ?? runner.maintenanceNote) as string | undefined,
  }
  const problems = problemsOf(changed)
  if (problems.length > 0) return refusal(400, { runner: problems })
  Object.assign(runner, changed)
  world.renewQueue(runner)
  return { status: 200, body: detailsShape(call, runner) }
}

/** `authenticate_delete_runner!`: only an administrator removes what others use too. */
function deleteRunner({ world, caller }: ApiCall, runner: Registration): Answer {
  const isAdmin = caller.credential.role === 'admin'
  if (runner.alsoIn.length > 0 && !isAdmin) return forbidden('Runner associated with more than one project')
  if (!caller.may(keeper(runner.scope), runner.scope)) return forbidden('No access granted')
  if (!world.dials.deleteBusy && world.isBusy(runner)) return forbidden('Runner is running a job')
  world.remove(runner)
  return { status: 204 }
}

function listJobs(call: ApiCall, runner: Registration): Answer {
  const { world, params, url } = call
  const jobs = world.jobs.filter(
    (job) =>
      job.runner === runner &&
      (params['status'] === undefined || params['status'] === job.status) &&
      (params['system_id'] === undefined || params['system_id'] === job.systemId),
  )
  const newestFirst = params['sort'] === 'asc' ? jobs : jobs.toReversed()
  return paged(call, newestFirst, (job) => jobShape(world, job, url))
}
