import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import type { Thing } from '../../clouds/kubernetes/cluster-hands.ts'
import { startKubernetes, type KubernetesEmulator } from '../../emulators/kubernetes/kubernetes.ts'
import type { Api } from './api.ts'
import { realCluster, type NamespaceCloud } from './cluster-side.ts'
import { ControlPlane } from './control-plane.ts'
import { findPrograms } from './programs.ts'

const programs = findPrograms()
const withPrograms = programs === undefined ? describe.skip : describe

interface Answer {
  readonly status: number
  readonly body: Thing
  readonly text: string
}

interface Exchange {
  readonly what: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** `NS` in it is the namespace, `POD` the pod of the Job `plain`. */
  readonly path: string
  readonly body?: object
  readonly type?: string
  readonly who?: 'nobody' | 'somebody else'
}

const jobs = '/apis/batch/v1/namespaces/NS/jobs'
const core = '/api/v1/namespaces/NS'
const labels = { 'cml-runner-managed-by': 'cml-runner' }

const job = (name: string): object => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, labels, annotations: { 'cml-runner-type': '1-512' } },
  spec: {
    backoffLimit: 0,
    completions: 1,
    parallelism: 1,
    activeDeadlineSeconds: 900,
    ttlSecondsAfterFinished: 7200,
    template: {
      metadata: { labels },
      spec: {
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 1,
        volumes: [
          { name: 'sent', secret: { secretName: name, items: [{ key: 'file-0', path: 'agent.json' }] } },
        ],
        initContainers: [{ name: 'bring', image: 'debian:13', command: ['/bin/sh', '-c', 'echo brought'] }],
        containers: [{ name: 'runner', image: 'debian:13', command: ['/bin/sleep', '3600'] }],
      },
    },
  },
})

const secret = (name: string, uid: string): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name,
    labels,
    ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid }],
  },
  type: 'Opaque',
  immutable: true,
  data: { 'file-0': Buffer.from('{}').toString('base64') },
})

const review = (verb: string, resource: string): object => ({
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SelfSubjectAccessReview',
  spec: { resourceAttributes: { namespace: 'NS', verb, resource } },
})

const mergePatch = 'application/merge-patch+json'
const jsonPatch = 'application/json-patch+json'
const deadline = (op: string, value: number) => ({ op, path: '/spec/activeDeadlineSeconds', value })

const strictly = 'fieldValidation=Strict'

/** What the product asks, in this order, of both. */
const exchanges: readonly Exchange[] = [
  { what: 'who gives no token', method: 'GET', path: jobs, who: 'nobody' },
  { what: 'who gives a wrong one', method: 'GET', path: jobs, who: 'somebody else' },
  { what: 'no Job yet', method: 'GET', path: `${jobs}?labelSelector=cml-runner-managed-by%3Dcml-runner` },
  { what: 'the quotas', method: 'GET', path: `${core}/resourcequotas?limit=500` },
  { what: 'a Job that is not there', method: 'GET', path: `${jobs}/plain` },
  {
    what: 'a creation that is only tried',
    method: 'POST',
    path: `${jobs}?${strictly}&dryRun=All`,
    body: job('tried'),
  },
  { what: 'which left nothing', method: 'GET', path: `${jobs}/tried` },
  { what: 'a new Job', method: 'POST', path: `${jobs}?${strictly}`, body: job('plain') },
  { what: 'one of the same name', method: 'POST', path: `${jobs}?${strictly}`, body: job('plain') },
  {
    what: 'its Secret, tried',
    method: 'POST',
    path: `${core}/secrets?${strictly}&dryRun=All`,
    body: secret('plain', 'UID'),
  },
  { what: 'its Secret', method: 'POST', path: `${core}/secrets?${strictly}`, body: secret('plain', 'UID') },
  {
    what: 'the same again',
    method: 'POST',
    path: `${core}/secrets?${strictly}`,
    body: secret('plain', 'UID'),
  },
  {
    what: 'the same, tried',
    method: 'POST',
    path: `${core}/secrets?${strictly}&dryRun=All`,
    body: secret('plain', 'UID'),
  },
  { what: 'the Job', method: 'GET', path: `${jobs}/plain` },
  {
    what: 'its pod',
    method: 'GET',
    path: `${core}/pods?labelSelector=batch.kubernetes.io%2Fjob-name%3Dplain`,
  },
  { what: 'a log of nobody', method: 'GET', path: `${core}/pods/nobody/log?container=runner&tailLines=10` },
  {
    what: 'a log of a container that is not there',
    method: 'GET',
    path: `${core}/pods/POD/log?container=other&tailLines=10`,
  },
  { what: 'events of a kind', method: 'GET', path: `${core}/events?fieldSelector=involvedObject.kind%3DJob` },
  {
    what: 'a right that it has',
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: review('delete', 'secrets'),
  },
  {
    what: 'a deadline that is another by now',
    method: 'PATCH',
    path: `${jobs}/plain`,
    type: jsonPatch,
    body: [deadline('test', 1), deadline('replace', 5)],
  },
  {
    what: 'a deadline that is raised',
    method: 'PATCH',
    path: `${jobs}/plain`,
    type: jsonPatch,
    body: [deadline('test', 900), deadline('replace', 86_400)],
  },
  { what: 'the Secret goes', method: 'DELETE', path: `${core}/secrets/plain` },
  { what: 'and is gone', method: 'DELETE', path: `${core}/secrets/plain` },
  {
    what: 'the Job is ended',
    method: 'PATCH',
    path: `${jobs}/plain`,
    type: mergePatch,
    body: { spec: { activeDeadlineSeconds: 0 } },
  },
  {
    what: 'one that is not there is ended',
    method: 'PATCH',
    path: `${jobs}/other`,
    type: mergePatch,
    body: { spec: { activeDeadlineSeconds: 0 } },
  },
]

/** Where the emulator's answer has what the real one has not, or has it in another form. */
function strange(emulated: Thing, real: Thing, at = ''): readonly string[] {
  if (real === undefined) return [`${at}: not there`]
  if (
    emulated === null ||
    real === null ||
    typeof emulated !== typeof real ||
    Array.isArray(emulated) !== Array.isArray(real)
  )
    return emulated === real ? [] : [`${at}: ${JSON.stringify(emulated)} for ${JSON.stringify(real)}`]
  if (Array.isArray(emulated))
    return emulated.flatMap((one, index) => strange(one, real[index], `${at}[${index}]`))
  if (typeof emulated !== 'object') return []
  return Object.entries(emulated).flatMap(([key, value]) => strange(value, real[key], `${at}.${key}`))
}

/** Of a refusal the words count. */
const words = ({ status, body, text }: Answer): object => ({
  status,
  ...(body?.kind === 'Status' && status >= 400
    ? {
        reason: body.reason,
        message: String(body.message)
          .replace(/User "[^"]*"/, 'User "…"')
          .replace(/plain-\w{5}/, 'plain-…'),
      }
    : {}),
  ...(body === undefined && status >= 400 ? { text } : {}),
})

withPrograms('the emulated API server answers as the real one does', () => {
  let plane: ControlPlane
  let cloud: NamespaceCloud
  let real: Api
  let emulator: KubernetesEmulator

  beforeAll(async () => {
    plane = await ControlPlane.start(programs ?? '')
    cloud = (await realCluster(async () => plane).side.start()) as unknown as NamespaceCloud
    real = plane.admin.as(cloud.token)
    emulator = await startKubernetes({ namespace: cloud.namespace })
    await setQuota()
  })

  /** Its controller counts, too, and in its own time: what it will say is said beforehand. */
  async function setQuota(): Promise<void> {
    const [hard, used] = [{ 'count/jobs.batch': '50' }, { 'count/jobs.batch': '0' }]
    const path = `/api/v1/namespaces/${cloud.namespace}/resourcequotas`
    await plane.admin.ask('POST', path, {
      ...{ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'few' } },
      spec: { hard },
    })
    await plane.admin.ask('PATCH', `${path}/few/status`, { status: { hard, used } }, mergePatch)
    emulator.dials.quotas.push({ name: 'few', hard, used })
  }

  afterAll(async () => {
    real?.close()
    await emulator?.close()
    await cloud?.close()
    await plane?.stop()
  })

  const known = { real: { uid: '', pod: '' }, emulated: { uid: '', pod: '' } }

  function filled({ path, body }: Exchange, { uid, pod }: { uid: string; pod: string }) {
    const text =
      body &&
      JSON.stringify(body)
        .replace('"UID"', JSON.stringify(uid))
        .replace('"NS"', JSON.stringify(cloud.namespace))
    return { path: path.replace('NS', cloud.namespace).replace('POD', pod), text }
  }

  async function askReal(exchange: Exchange): Promise<Answer> {
    const { path, text } = filled(exchange, known.real)
    const { who, method, type } = exchange
    const api = who === undefined ? real : plane.admin.as(who === 'nobody' ? '' : 'of-nobody')
    return api.ask(method, path, text === undefined ? undefined : JSON.parse(text), type)
  }

  async function askEmulated(exchange: Exchange): Promise<Answer> {
    const { path, text } = filled(exchange, known.emulated)
    const { who, method, type = 'application/json' } = exchange
    const token = who === undefined ? emulator.token : 'of-nobody'
    const headers = {
      ...(who === 'nobody' ? {} : { authorization: `Bearer ${token}` }),
      ...(text === undefined ? {} : { 'content-type': type }),
    }
    const response = await fetch(`${emulator.url}${path}`, {
      method,
      headers,
      ...(text === undefined ? {} : { body: text }),
    })
    const answered = await response.text()
    const json = /json/.test(response.headers.get('content-type') ?? '')
    return { status: response.status, text: answered, body: json ? JSON.parse(answered) : undefined }
  }

  async function learn({ what }: Exchange, answers: { real: Answer; emulated: Answer }): Promise<void> {
    if (what === 'a new Job')
      for (const side of ['real', 'emulated'] as const) known[side].uid = answers[side].body.metadata.uid
    if (what !== 'its Secret') return
    known.real.pod = await cloud.until(
      ({ pods: [pod] }) => pod?.status.phase === 'Running' && pod.metadata.name,
    )
    await emulator.until(() => emulator.job('plain').pod?.phase === 'Running')
    known.emulated.pod = emulator.job('plain').pod!.name
  }

  test.each(exchanges)('$what', async (exchange) => {
    const answers = { real: await askReal(exchange), emulated: await askEmulated(exchange) }
    await learn(exchange, answers)
    expect(words(answers.emulated)).toEqual(words(answers.real))
    if (answers.real.status < 400 && answers.real.body)
      expect(strange(answers.emulated.body, answers.real.body)).toEqual([])
  })

  test('and nobody with the documentation’s Role reads a Secret or another namespace', async () => {
    for (const path of [
      `/api/v1/namespaces/${cloud.namespace}/secrets`,
      `/api/v1/namespaces/${cloud.namespace}/secrets/plain`,
      '/apis/batch/v1/namespaces/default/jobs',
      '/api/v1/nodes',
    ])
      expect([path, (await real.ask('GET', path)).status]).toEqual([path, 403])
  })
})
