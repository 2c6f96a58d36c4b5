import { randomUUID } from 'node:crypto'
import type { Answer } from '../http/wire.ts'
import type { PodMachine } from '../machine/pod.ts'
import { mayIn } from './front.ts'
import { renderJob, renderPod, type JobBody, type JobRecord } from './jobs.ts'
import { Refusal, type JournalEntry, type Json } from './wire.ts'
import type { World } from './world.ts'

type Handler = (world: World, entry: JournalEntry, type: string) => Answer

const ok = (body: unknown, status = 200): Answer => ({ status, body })
const missing = (resource: string, name: string): Refusal =>
  new Refusal(404, 'NotFound', `${resource} "${name}" not found`)

/** Of resources that no verb is there for the API answers 404 or 405; the emulator knows none of them. */
export const handlers: Readonly<Record<string, Handler>> = {
  'jobs.create': (world, { namespace, body, dry }) => {
    const job = body as unknown as JobBody
    const { name } = job.metadata
    if (world.find(namespace, name))
      throw new Refusal(409, 'AlreadyExists', `jobs.batch "${name}" already exists`)
    // What the controllers say of it comes later.
    if (!dry) return ok({ ...renderJob(world.create(namespace, job)), status: {} }, 201)
    return ok({ ...body, metadata: { ...job.metadata, namespace, uid: randomUUID() } }, 201)
  },
  'jobs.get': (world, { namespace, name }) => ok(renderJob(look(world, jobOf(world, namespace, name)))),
  'jobs.list': (world, entry) =>
    listOf(
      'Job',
      jobsIn(world, entry)
        .filter(({ labels }) => selects(entry, labels))
        .map((job) => renderJob(look(world, job))),
    ),
  'jobs.patch': (world, { namespace, name, body }, type) => {
    const job = jobOf(world, namespace, name)
    if (/merge-patch/.test(type)) merge(job, body ?? {})
    else if (/json-patch/.test(type)) patch(job, (body ?? []) as unknown as readonly Operation[])
    else
      throw new Refusal(
        415,
        'UnsupportedMediaType',
        `the body of the request was in an unknown format: ${type}`,
      )
    const answer = renderJob(job)
    world.tick()
    return ok(answer)
  },
  'secrets.create': (world, { namespace, body, dry }) => {
    const { metadata, data } = body as unknown as {
      metadata: { name: string; ownerReferences?: readonly { uid: string }[] }
      data: Record<string, string>
    }
    const { name, ownerReferences = [] } = metadata
    if (world.secrets.some((one) => one.namespace === namespace && one.name === name))
      throw new Refusal(409, 'AlreadyExists', `secrets "${name}" already exists`)
    const owner = ownerReferences[0]?.uid ?? ''
    if (!dry) world.addSecret({ namespace, name, owner, data })
    // The garbage collector takes one whose owner is not there.
    if (!dry && !world.jobs.some((job) => job.uid === owner && !job.deleted))
      world.removeSecret({ namespace, name })
    return ok(
      { apiVersion: 'v1', kind: 'Secret', metadata: { ...metadata, namespace, uid: randomUUID() } },
      201,
    )
  },
  'secrets.delete': (world, { namespace, name }) => {
    if (!world.removeSecret({ namespace, name })) throw missing('secrets', name)
    return ok({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' })
  },
  'pods.list': (world, entry) =>
    listOf(
      'Pod',
      jobsIn(world, entry).flatMap((job) => {
        look(world, job)
        const pod = job.pod && renderPod(job, job.pod)
        const { labels = {} } = (pod?.metadata ?? {}) as { labels?: Readonly<Record<string, string>> }
        return pod && selects(entry, labels) ? [pod] : []
      }),
    ),
  'pods/log.get': (world, { namespace, name, query }) => {
    const job = jobsIn(world, { namespace }).find(({ pod }) => pod?.name === name)
    if (!job?.pod) throw missing('pods', name)
    return {
      status: 200,
      headers: { 'content-type': 'text/plain' },
      body: logOf(world, job, query.container ?? ''),
    }
  },
  'resourcequotas.list': (world, { namespace }) =>
    listOf(
      'ResourceQuota',
      world.dials.quotas.map(({ name, spec = {}, hard, used }) => ({
        metadata: { name, namespace },
        spec: { ...spec, hard },
        status: { hard, used },
      })),
    ),
  'events.list': (world, { namespace, query }) => {
    const wanted = query.fieldSelector ?? ''
    const [, field = '', value = ''] = /^involvedObject\.(kind|uid)=(.+)$/.exec(wanted) ?? []
    if (field === '') throw new Refusal(400, 'BadRequest', `field label not supported: ${wanted}`)
    const found = world.events.filter(
      (event) => event.namespace === namespace && event[field as 'kind'] === value,
    )
    return listOf(
      'Event',
      found.map(({ at, reason, message, kind, name, uid }) => ({
        metadata: { name: `${name}.${at.toString(16)}`, namespace },
        reason,
        message,
        lastTimestamp: new Date(at).toISOString(),
        involvedObject: { kind, name, uid, namespace },
      })),
    )
  },
  'selfsubjectaccessreviews.create': (world, { body }) => {
    const { spec } = body as unknown as { spec: { resourceAttributes: Readonly<Record<string, string>> } }
    const { namespace = '', verb = '', resource = '', subresource } = spec.resourceAttributes
    const allowed = mayIn(world, `${verb} ${resource}${subresource ? `/${subresource}` : ''}`, namespace)
    return ok({ ...body, metadata: {}, status: { allowed } }, 201)
  },
}

function jobOf(world: World, namespace: string, name: string): JobRecord {
  const job = world.find(namespace, name)
  if (!job) throw missing('jobs.batch', name)
  return job
}

function jobsIn({ jobs }: World, { namespace }: Pick<JournalEntry, 'namespace'>): readonly JobRecord[] {
  return jobs.filter((job) => !job.deleted && job.namespace === namespace)
}

function look(world: World, job: JobRecord): JobRecord {
  world.look(job)
  return job
}

function selects({ query }: JournalEntry, labels: Readonly<Record<string, string>>): boolean {
  const pairs = (query.labelSelector ?? '').split(',').filter(Boolean)
  return pairs.every((pair) => {
    const [key = '', value = ''] = pair.split('=')
    return labels[key] === value
  })
}

function listOf(kind: string, items: readonly Json[]): Answer {
  // What they are, the list says.
  const plain = items.map(({ apiVersion: _, kind: __, ...item }) => item)
  return ok({ apiVersion: 'v1', kind: `${kind}List`, metadata: { resourceVersion: '1' }, items: plain })
}

/** Of the fields of a Job few can be changed; nobody changes others here. */
function merge(job: JobRecord, body: Json): void {
  const { spec = {}, ...others } = body as { spec?: Json }
  const { activeDeadlineSeconds, ...rest } = spec
  if (
    Object.keys(others).length > 0 ||
    Object.keys(rest).length > 0 ||
    typeof activeDeadlineSeconds !== 'number'
  )
    throw new Refusal(422, 'Invalid', 'Job.batch is invalid: spec: field is immutable')
  job.body.spec.activeDeadlineSeconds = activeDeadlineSeconds
}

interface Operation {
  readonly op: string
  readonly path: string
  readonly value: unknown
}

/** RFC 6902, as far as it is used. */
function patch(job: JobRecord, operations: readonly Operation[]): void {
  for (const { op, path, value } of operations) {
    if (path !== '/spec/activeDeadlineSeconds' || typeof value !== 'number')
      throw new Refusal(422, 'Invalid', `Job.batch is invalid: ${path}: field is immutable`)
    if (op === 'replace') job.body.spec.activeDeadlineSeconds = value
    else if (op !== 'test') throw new Refusal(400, 'BadRequest', `unexpected kind: ${op}`)
    else if (job.body.spec.activeDeadlineSeconds !== value)
      throw new Refusal(422, 'Invalid', 'the server rejected our request due to an error in our request')
  }
}

/** What the containers have printed, each by itself. */
function logOf(world: World, job: JobRecord, container: string): string {
  const { initContainers = [], containers } = job.body.spec.template.spec
  const known = [...initContainers, ...containers].map(({ name }) => name)
  if (!known.includes(container))
    throw new Refusal(400, 'BadRequest', `container ${container} is not valid for pod ${job.pod?.name ?? ''}`)
  const { console: how } = world.dials
  const whole = world.consoleOf(job, 'A pod that does nothing.\r\n')
  if (how === 'absent') return ''
  // Whoever has made a pod of one container alone.
  if (initContainers.length === 0) return whole
  const begun = printedIn(job)
  if (begun) {
    const text = begun.printedBy(container)
    if (text === undefined) throw initializing(job, container)
    if (typeof how !== 'object') return text
  }
  const first = container === initContainers[0]?.name
  // The last line of the first container is known, and the second begins after it.
  const seam = /^cml-runner \d+ fetched.*\n/m.exec(whole)
  const brought = !seam && job.emulated !== undefined
  const end = seam ? seam.index + seam[0].length : brought ? whole.length : 0
  if (!first && brought && !begun) throw initializing(job, container)
  return first ? whole.slice(0, end) : whole.slice(end)
}

/** A pod whose containers each have a log of their own. */
function printedIn({ emulated }: JobRecord): Pick<PodMachine, 'printedBy'> | undefined {
  return emulated && 'printedBy' in emulated ? (emulated as PodMachine) : undefined
}

function initializing({ pod }: JobRecord, container: string): Refusal {
  const said = `container "${container}" in pod "${pod?.name ?? ''}" is waiting to start: PodInitializing`
  return new Refusal(400, 'BadRequest', said)
}
