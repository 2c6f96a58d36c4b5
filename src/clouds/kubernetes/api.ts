import type { CloudContext } from '../cloud.ts'
import type { Call } from '../../lib/sending.ts'
import { openAccess, type Access } from './client.ts'
import type { Cluster, Event, Job, Pod, ResourceQuota, Right, Where } from './cluster.ts'
import { Sender } from './sender.ts'

/** Nobody has so many; a server that turns in circles is not followed for ever. */
const mostPages = 200
const pageSize = 500
/** Lines of a log that are read: of a boot there are far fewer. */
const logLines = 2000

type Query = Readonly<Record<string, string>>

const jobsOf = (namespace: string) => `/apis/batch/v1/namespaces/${encodeURIComponent(namespace)}/jobs`
const core = (namespace: string, resource: string) =>
  `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}`
const named = (base: string, name: string) => `${base}/${encodeURIComponent(name)}`
const withQuery = (path: string, query: Query) => `${path}?${new URLSearchParams(query).toString()}`

/** What is not known is refused, not dropped. */
const strictly: Query = { fieldValidation: 'Strict' }
const dry: Query = { ...strictly, dryRun: 'All' }

/** The parts of the API that are used, over HTTP. */
export function createCluster(context: CloudContext): Cluster {
  let opened: Access | undefined
  const open = (): Access => (opened ??= openAccess(context.variables))
  const sender = new Sender(context, open)
  return {
    get server() {
      return tried(open)?.server
    },
    get namespace() {
      return tried(open)?.namespace ?? 'default'
    },
    ...jobs(sender),
    ...secrets(sender),
    ...surroundings(sender),
  }
}

/** What is wrong with the configuration the first request tells. */
function tried(open: () => Access): Access | undefined {
  try {
    return open()
  } catch {
    return undefined
  }
}

function jobs(
  sender: Sender,
): Pick<Cluster, 'createJob' | 'tryJob' | 'getJob' | 'listJobs' | 'setDeadline' | 'raiseDeadline'> {
  const at = ({ namespace, name }: Where) => named(jobsOf(namespace), name)
  const path = '/spec/activeDeadlineSeconds'
  return {
    createJob: (namespace, body, call) =>
      sender.send({ ...call, method: 'POST', path: withQuery(jobsOf(namespace), strictly), body }),
    tryJob: async (namespace, body, call) => {
      await sender.send({ ...call, method: 'POST', path: withQuery(jobsOf(namespace), dry), body })
    },
    getJob: (where, call) => sender.send({ ...call, method: 'GET', path: at(where) }),
    listJobs: (namespace, labelSelector, call) =>
      allPages<Job>(sender, jobsOf(namespace), { labelSelector }, call),
    setDeadline: async (where, activeDeadlineSeconds, call) => {
      const type = 'application/merge-patch+json'
      const body = { spec: { activeDeadlineSeconds } }
      await sender.send({ ...call, method: 'PATCH', path: at(where), type, body })
    },
    raiseDeadline: async (where, from, to, call) => {
      const type = 'application/json-patch+json'
      const body = [
        { op: 'test', path, value: from },
        { op: 'replace', path, value: to },
      ]
      await sender.send({ ...call, method: 'PATCH', path: at(where), type, body })
    },
  }
}

function secrets(sender: Sender): Pick<Cluster, 'createSecret' | 'trySecret' | 'deleteSecret'> {
  const post = async (namespace: string, body: object, query: Query, call: Call): Promise<void> => {
    await sender.send({ ...call, method: 'POST', path: withQuery(core(namespace, 'secrets'), query), body })
  }
  return {
    createSecret: (namespace, body, call) => post(namespace, body, strictly, call),
    trySecret: (namespace, body, call) => post(namespace, body, dry, call),
    deleteSecret: async ({ namespace, name }, call) => {
      await sender.send({ ...call, method: 'DELETE', path: named(core(namespace, 'secrets'), name) })
    },
  }
}

function surroundings(
  sender: Sender,
): Pick<Cluster, 'listPods' | 'log' | 'listQuotas' | 'listEvents' | 'may'> {
  return {
    listPods: (namespace, labelSelector, call) =>
      allPages<Pod>(sender, core(namespace, 'pods'), { labelSelector }, call),
    log: ({ namespace, name }, container, call) => {
      const path = `${named(core(namespace, 'pods'), name)}/log`
      const query = { container, tailLines: String(logLines) }
      return sender.text({ ...call, method: 'GET', path: withQuery(path, query) })
    },
    listQuotas: (namespace, call) =>
      allPages<ResourceQuota>(sender, core(namespace, 'resourcequotas'), {}, call),
    listEvents: (namespace, fieldSelector, call) =>
      allPages<Event>(sender, core(namespace, 'events'), { fieldSelector }, call),
    may: async (namespace, right, call) => {
      const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
      const body = reviewOf(namespace, right)
      const { status } = await sender.send<{ readonly status?: { readonly allowed?: boolean } }>({
        ...call,
        method: 'POST',
        path,
        body,
      })
      return status?.allowed === true
    },
  }
}

function reviewOf(namespace: string, { verb, resource, subresource }: Right): object {
  const group = resource === 'jobs' ? { group: 'batch' } : {}
  const resourceAttributes = { namespace, verb, resource, ...group, ...(subresource ? { subresource } : {}) }
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  }
}

interface Page<T> {
  readonly items?: readonly T[]
  readonly metadata?: { readonly continue?: string }
}

async function allPages<T>(sender: Sender, path: string, query: Query, call: Call): Promise<readonly T[]> {
  const items: T[] = []
  let next: string | undefined
  for (let pages = 0; pages < mostPages; pages++) {
    const asked = { ...query, limit: String(pageSize), ...(next ? { continue: next } : {}) }
    const page = await sender.send<Page<T>>({ ...call, method: 'GET', path: withQuery(path, asked) })
    items.push(...(page.items ?? []))
    next = page.metadata?.continue
    if (!next) break
  }
  return items
}
