import type { ApiCall } from './api-call.ts'
import type { Caller } from './credentials.ts'
import type { RunnerStatus } from './dials.ts'
import type { Job, Pipeline } from './jobs.ts'
import type { Manager, Registration } from './registrations.ts'
import type { Place, World } from './world.ts'

type Shape = Readonly<Record<string, unknown>>

const stamp = (ms: number): string => new Date(ms).toISOString()
export const stampOrNull = (ms: number | undefined): string | null => (ms === undefined ? null : stamp(ms))

export function runnerType({ scope }: Registration): 'instance_type' | 'group_type' | 'project_type' {
  if (scope === 'instance') return 'instance_type'
  return scope.startsWith('groups/') ? 'group_type' : 'project_type'
}

/** What GitLab says of a runner's life: a lie of the test's, or what its own rules make of the contacts it heard of. */
export function statusShown(world: World, runner: Registration): RunnerStatus {
  const contactedAt = runner.staged?.online ? world.now() : runner.contactedAt
  return world.dials.status(runner) ?? world.statusOf(contactedAt, runner.createdAt)
}

/** What the filter `status` of lists goes by: the database, which is behind. */
export function statusFiltered(world: World, runner: Registration): RunnerStatus {
  const writtenAt = runner.staged?.online ? world.now() : runner.writtenAt
  return world.dials.status(runner) ?? world.statusOf(writtenAt, runner.createdAt)
}

/** What lists show of a runner (`lib/api/entities/ci/runner.rb`): no tags. */
export function runnerShape(world: World, runner: Registration): Shape {
  const { id, description, paused, createdAt } = runner
  const status = statusShown(world, runner)
  const active = world.dials.jobExecutionStatus(runner) ?? (world.isBusy(runner) ? 'active' : 'idle')
  return {
    id,
    description,
    ip_address: null,
    active: !paused,
    paused,
    is_shared: runner.scope === 'instance',
    runner_type: runnerType(runner),
    name: null,
    online: status === 'online',
    // Only where the reader may see that user, which nobody may of one that is not there.
    ...(runner.hasCreator ? { created_by: { id: 7, username: 'octavia', name: 'Octavia' } } : {}),
    created_at: stamp(createdAt),
    // The REST API still calls paused what other answers tell apart.
    status: paused && (status === 'online' || status === 'offline') ? 'paused' : status,
    job_execution_status: active,
  }
}

/** What one runner's own page shows (`lib/api/entities/ci/runner_details.rb`). */
export function detailsShape(
  { world, caller, url, params }: Pick<ApiCall, 'world' | 'caller' | 'url' | 'params'>,
  runner: Registration,
): Shape {
  const latest = runner.managers.toSorted((one, other) => other.contactedAt - one.contactedAt)[0]
  const of = (places: readonly Place[]): readonly Place[] =>
    places.filter(({ scope }) => scope === runner.scope || runner.alsoIn.includes(scope))
  return {
    ...runnerShape(world, runner),
    tag_list: runner.tags,
    run_untagged: runner.runUntagged,
    locked: runner.locked,
    maximum_timeout: runner.maximumTimeout ?? null,
    access_level: runner.accessLevel,
    version: latest?.version ?? null,
    revision: latest?.revision ?? null,
    platform: latest?.platform ?? null,
    architecture: latest?.architecture ?? null,
    contacted_at: stampOrNull(runner.contactedAt),
    maintenance_note: caller.may('maintainer', runner.scope) ? (runner.maintenanceNote ?? null) : null,
    ...(params['include_projects'] === false
      ? {}
      : { projects: of(world.projects).map((place) => placeShape(place, url)) }),
    groups: of(world.groups).map((place) => ({
      id: place.id,
      name: lastOf(place.path),
      web_url: page(url, place),
    })),
  }
}

export function managerShape(world: World, runner: Registration, manager: Manager): Shape {
  const { id, systemId, version, revision, platform, architecture, createdAt, contactedAt } = manager
  const busy = world.runningOn(runner).some((job) => job.systemId === systemId)
  return {
    id,
    system_id: systemId,
    version: version ?? null,
    revision: revision ?? null,
    platform: platform ?? null,
    architecture: architecture ?? null,
    created_at: stamp(createdAt),
    contacted_at: stamp(contactedAt),
    ip_address: '127.0.0.1',
    status: world.dials.status(runner) ?? world.statusOf(contactedAt, createdAt),
    job_execution_status: world.dials.jobExecutionStatus(runner) ?? (busy ? 'active' : 'idle'),
  }
}

const lastOf = (path: string): string => path.split('/').at(-1) ?? path

function page(url: string, place: Place): string {
  return place.scope.startsWith('groups/') ? `${url}/groups/${place.path}` : `${url}/${place.path}`
}

/** `Entities::BasicProjectDetails`, and what else a launcher may look at. */
export function placeShape(place: Place, url: string): Shape {
  const { id, path } = place
  return {
    id,
    name: lastOf(path),
    path: lastOf(path),
    path_with_namespace: path,
    default_branch: 'main',
    web_url: page(url, place),
  }
}

export function projectShape(world: World, place: Place, caller: Caller, url: string): Shape {
  const access = caller.roleAt(place.scope)
  return {
    ...placeShape(place, url),
    visibility: world.dials.privateProjects ? 'private' : 'public',
    archived: world.dials.rules.archived,
    builds_access_level: world.dials.rules.pipelines,
    ci_allow_fork_pipelines_to_run_in_parent_project: world.dials.rules.forks,
    // Null since registration tokens were switched off, and for whoever is not a maintainer.
    runners_token: null,
    permissions: { project_access: access > 0 ? { access_level: access } : null, group_access: null },
  }
}

export function groupShape(world: World, place: Place, url: string): Shape {
  const { id, path } = place
  const parent = world.groups.find((group) => group.path === path.split('/').slice(0, -1).join('/'))
  return {
    id,
    name: lastOf(path),
    path: lastOf(path),
    full_path: path,
    visibility: world.dials.privateProjects ? 'private' : 'public',
    web_url: page(url, place),
    parent_id: parent?.id ?? null,
  }
}

/** `Entities::Ci::Job`, without what no launcher reads. */
export function jobShape(world: World, job: Job, url: string): Shape {
  const { id, name, spec, status, pipeline, createdAt, startedAt, finishedAt, runner, failureReason } = job
  const seconds = (from: number | undefined, to: number | undefined): number | null =>
    from === undefined ? null : Math.max(0, (to ?? world.now()) - from) / 1000
  const manager = runner?.managers.find(({ systemId }) => systemId === job.systemId)
  return {
    id,
    name,
    stage: spec.stage ?? 'test',
    status,
    ref: 'main',
    tag: false,
    tag_list: spec.tags,
    allow_failure: false,
    created_at: stamp(createdAt),
    started_at: stampOrNull(startedAt),
    finished_at: stampOrNull(finishedAt),
    duration: seconds(startedAt, finishedAt),
    queued_duration: seconds(createdAt, startedAt),
    ...(status === 'failed' ? { failure_reason: failureReason } : {}),
    web_url: `${url}/${pipeline.project}/-/jobs/${id}`,
    pipeline: pipelineShape(world, pipeline, url),
    runner: runner
      ? { id: runner.id, description: runner.description, runner_type: runnerType(runner) }
      : null,
    runner_manager: manager && runner ? managerShape(world, runner, manager) : null,
    artifacts: job.artifacts.map(({ type, format, name: filename, bytes }) => ({
      file_type: type,
      file_format: format,
      filename,
      size: bytes.length,
    })),
  }
}

export function pipelineShape(world: World, pipeline: Pipeline, url: string): Shape {
  const { id, number, scope, status, createdAt, project } = pipeline
  return {
    id,
    iid: number,
    project_id: world.projects.find((place) => place.scope === scope)?.id ?? 0,
    sha: '0'.repeat(40),
    ref: 'main',
    status,
    source: 'push',
    created_at: stamp(createdAt),
    updated_at: stamp(pipeline.updatedAt),
    web_url: `${url}/${project}/-/pipelines/${id}`,
  }
}
