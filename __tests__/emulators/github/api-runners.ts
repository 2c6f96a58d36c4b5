import { randomBytes } from 'node:crypto'
import { type Call, type Handler, paged } from './api-call.ts'
import { archiveFor } from './archive.ts'
import type { Registration } from './registrations.ts'
import { groupShape, runnerShape } from './shapes.ts'
import { type Answer, refusal } from './wire.ts'

const scopes = ['/repos/{owner}/{repo}', '/orgs/{org}']

/** Runners, their tokens, groups and package, for both kinds of scope. */
export const runnersApi: Readonly<Record<string, Handler>> = {
  ...Object.fromEntries(
    scopes.flatMap((scope) => [
      [`get ${scope}/actions/runners`, listRunners],
      [`get ${scope}/actions/runners/downloads`, listDownloads],
      [`post ${scope}/actions/runners/generate-jitconfig`, generateJitConfig],
      [`post ${scope}/actions/runners/registration-token`, issueToken('registration')],
      [`post ${scope}/actions/runners/remove-token`, issueToken('remove')],
      [`get ${scope}/actions/runners/{runner_id}`, getRunner],
      [`delete ${scope}/actions/runners/{runner_id}`, deleteRunner],
      [`get ${scope}/actions/runners/{runner_id}/labels`, listLabels],
      [`put ${scope}/actions/runners/{runner_id}/labels`, setLabels],
    ]),
  ),
  'get /orgs/{org}/actions/runner-groups': listGroups,
}

function seen(runner: Registration, hidden: number): boolean {
  return ++runner.looks > hidden
}

function listRunners(call: Call): Answer {
  const { world, scope, request } = call
  const name = world.dials.nameFilter ? request.query['name'] : undefined
  const visible = world.registrations
    .of(scope)
    .filter(
      (runner) => (name === undefined || runner.name === name) && seen(runner, world.dials.visibleAfterLooks),
    )
  return paged(
    call,
    visible.map((runner) => runnerShape(world, runner)),
    'runners',
  )
}

function getRunner({ world, scope, parameters }: Call): Answer {
  const runner = world.registrations.get(scope, Number(parameters['runner_id']))
  return runner && seen(runner, world.dials.visibleAfterLooks)
    ? { status: 200, body: runnerShape(world, runner) }
    : refusal(404, 'Not Found')
}

function listLabels({ world, scope, parameters }: Call): Answer {
  const runner = world.registrations.get(scope, Number(parameters['runner_id']))
  return runner
    ? { status: 200, body: { total_count: runner.labels.length, labels: runner.labels } }
    : refusal(404, 'Not Found')
}

/** Those that the runner's own registration gave as its system's stay. */
function setLabels(call: Call): Answer {
  const { world, scope, parameters, request } = call
  const runner = world.registrations.get(scope, Number(parameters['runner_id']))
  if (!runner) return refusal(404, 'Not Found')
  const { labels } = request.body as { readonly labels: readonly string[] }
  const custom = labels.map((name) => ({ name, type: 'custom' as const }))
  runner.labels = world.registrations.labelled([
    ...runner.labels.filter(({ type }) => type === 'read-only'),
    ...custom,
  ])
  world.changed()
  return listLabels(call)
}

function deleteRunner({ world, scope, parameters }: Call): Answer {
  const runner = world.registrations.get(scope, Number(parameters['runner_id']))
  if (!runner) return refusal(404, 'Not Found')
  const believedBusy = world.dials.busy(runner) ?? world.isBusy(runner)
  if (believedBusy && !world.dials.deleteBusy)
    return refusal(422, `Runner "${runner.name}" is still running a job"`)
  world.remove(runner)
  return { status: 204 }
}

function issueToken(kind: 'registration' | 'remove'): Handler {
  return ({ world, scope }) => {
    const { token, expiresAt } = world.issueToken(kind, scope)
    return { status: 201, body: { token, expires_at: inCalifornia(expiresAt) } }
  }
}

/** With an offset, unlike all other times of the API. */
function inCalifornia(ms: number): string {
  return new Date(ms - 8 * 3_600_000).toISOString().replace('Z', '-08:00')
}

function generateJitConfig({ world, api, scope, request }: Call): Answer {
  const order = request.body as {
    name: string
    runner_group_id: number
    labels: string[]
    work_folder?: string
  }
  const groups = world.registrations.groups.filter((group) => scope.startsWith('orgs/') || group.default)
  if (!groups.some(({ id }) => id === order.runner_group_id)) return refusal(404, 'Not Found')
  if (world.registrations.named(scope, order.name))
    return refusal(409, `Already exists - A runner with the name ${order.name} already exists.`)
  const labels = order.labels.map((name) => ({ name, type: 'read-only' as const }))
  const runner = world.registrations.add(
    { scope, name: order.name, groupId: order.runner_group_id, labels, ephemeral: true, jit: true },
    world.now(),
  )
  world.changed()
  const origin = new URL(api).origin
  const page = scope.replace(/^(?:repos|orgs)\//, '')
  const settings = {
    agentId: runner.id,
    agentName: runner.name,
    poolId: runner.groupId,
    poolName: 'Default',
    ephemeral: true,
    serverUrl: `${origin}/_services/${scope}`,
    gitHubUrl: `${origin}/${page}`,
    workFolder: order.work_folder ?? '_work',
  }
  const credentials = {
    scheme: 'OAuth',
    data: { clientId: runner.credential, authorizationUrl: `${origin}/_services/oauth2/token` },
  }
  const part = (bytes: number): string => randomBytes(bytes).toString('base64')
  const key = {
    d: part(256),
    dp: part(128),
    dq: part(128),
    exponent: 'AQAB',
    inverseQ: part(128),
    modulus: part(256),
    p: part(128),
    q: part(128),
  }
  const files = { '.runner': settings, '.credentials': credentials, '.credentials_rsaparams': key }
  const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64')
  const config = base64(
    Object.fromEntries(Object.entries(files).map(([name, value]) => [name, base64(value)])),
  )
  world.jitConfigs.push(config)
  // The group is told here, and nowhere else.
  const shown = { ...runnerShape(world, runner), runner_group_id: runner.groupId }
  return { status: 201, body: { runner: shown, encoded_jit_config: config } }
}

function listDownloads({ world, archive, request }: Call): Answer {
  const { downloadToken, checksums } = world.dials
  // A server calls itself by the name that it is asked by.
  const server = new URL(archive.endpoint)
  server.host = request.headers.host ?? server.host
  return {
    status: 200,
    body: (['osx', 'linux'] as const).flatMap((system) =>
      (['x64', 'arm64'] as const).map((architecture) => {
        const { filename, sha256 } = archiveFor({ ...archive, system, architecture })
        return {
          os: system,
          architecture,
          download_url: `${server.origin}/actions/runner/releases/download/v${archive.version}/${filename}`,
          filename,
          ...(downloadToken ? { temp_download_token: downloadToken } : {}),
          ...(checksums ? { sha256_checksum: sha256 } : {}),
        }
      }),
    ),
  }
}

/** `visible_to_repository` is a name without its owner; who gives the whole one sees what nobody may use. */
function listGroups(call: Call): Answer {
  const { world, owner, request } = call
  const { visible_to_repository: name } = request.query
  const visible = name === undefined || world.groupsAreVisible(`${owner}/${name}`)
  const groups = visible ? world.registrations.groups : []
  return paged(
    call,
    groups.map((group) => groupShape(call.api, owner, group, world.dials.groups)),
    'runner_groups',
  )
}
