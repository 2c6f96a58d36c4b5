import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { explain } from '../../../src/clouds/kubernetes/failures.ts'
import type { Failure } from '../../../src/model/failure.ts'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import {
  ask,
  failureOf,
  lease,
  orderOf,
  plainRequest,
  startKubernetesWorld,
  type KubernetesWorld,
} from './world.ts'
import { inEachTest } from '../each-test.ts'
import type { KubernetesCandidate } from '../../../src/clouds/kubernetes/candidate.ts'
import type { Owned } from '../../../src/model/ownership.ts'

let world: KubernetesWorld

inEachTest(startKubernetesWorld, (made) => (world = made))

const candidatesOf = async (
  change: Parameters<typeof ask>[0],
  own: Parameters<KubernetesWorld['open']>[0] = {},
): Promise<readonly KubernetesCandidate[]> =>
  (await world.open(own).resolve(ask(change))).candidates as readonly KubernetesCandidate[]

const create = async (own: Parameters<KubernetesWorld['open']>[0] = {}): Promise<Owned> => {
  const cloud = world.open(own)
  const { candidates } = await cloud.resolve(plainRequest)
  return cloud.create(candidates[0]!, orderOf(plainRequest))
}

const specOf = (): { readonly spec: Record<string, never> } & Record<string, never> =>
  world.cluster.journal.find(({ action, dry }) => action === 'jobs.create' && !dry)?.body as never

describe('what words mean', () => {
  test.each([
    ['m', undefined, '8-32768', {}],
    ['s', undefined, '1-1024', {}],
    ['m+t4', undefined, '4-16384+t4*1', { accelerator: 't4' }],
    ['l', 'v100', '32-262144+v100*4', { accelerator: 'v100' }],
    ['xl+k80', undefined, '64-786432+k80*16', { accelerator: 'k80' }],
    ['m', 'tesla', '8-65536+v100*1', { accelerator: 'v100' }],
    ['8-32000', undefined, '8-32000', {}],
    ['500m-2000', undefined, '500m-2000', {}],
    ['4-16000+A100-SXM4*2', undefined, '4-16000+A100-SXM4*2', { accelerator: 'A100-SXM4' }],
    ['4-16000+nvidia*1', undefined, '4-16000+nvidia*1', {}],
    ['4-16000', 'l4', '4-16000+l4*1', { accelerator: 'l4' }],
  ])('%s with GPU %s is %s', async (type, gpu, name, selector) => {
    const [candidate] = await candidatesOf({ types: [type], ...(gpu === undefined ? {} : { gpu }) })
    expect([candidate?.type, candidate?.nodeSelector]).toEqual([
      name,
      { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', ...selector },
    ])
  })

  test.each([
    ['m+t4', { gpu: 'infer', ram: 'huge' }, { gpu: 't4', ram: 'huge' }],
    ['m', { accelerator: 'infer' }, {}],
    ['4-16000+nvidia*1', { gpu: 'infer' }, {}],
  ])('%s with selector %j asks nodes for %j', async (type, selector, chosen) => {
    const [candidate] = await candidatesOf({ types: [type] }, { selector })
    expect(candidate?.nodeSelector).toEqual({
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      ...chosen,
    })
  })

  test('every word that cannot be is named', async () => {
    const own = { selector: { 'bad key': 'x' }, tolerations: ['gpu=yes:Never'] }
    const request = ask({
      types: ['0-5', 's+t4'],
      image: 'No Image',
      permissionSet: 'My_Account',
      spotPrice: 1,
      spot: true,
      publicAddress: 'always',
    })
    const texts = world
      .open(own)
      .complaints(request)
      .map(({ text }) => text.split(':')[0])
    expect(texts.sort()).toEqual([
      'cloud-image',
      'cloud-kubernetes-node-selector',
      'cloud-kubernetes-tolerations',
      'cloud-permission-set',
      'cloud-public-address',
      'cloud-spot-price',
      'cloud-type',
      'cloud-type',
    ])
  })

  test('what nodes decide is left aside and told', async () => {
    const { warnings } = await world
      .open()
      .resolve(ask({ spot: true, ssh: true, disk: { type: 'ssd', iops: 5 } }))
    expect(warnings.map((text) => text.split(':')[0]).sort()).toEqual([
      'cloud-hdd-iops',
      'cloud-hdd-type',
      'cloud-spot',
      'cloud-ssh-private',
    ])
  })

  test('a generic region is the namespace of the context, and a namespace that is not there is left out', async () => {
    world.cluster.dials.namespaces = new Set(['runners'])
    const { candidates, warnings } = await world
      .open()
      .resolve(ask({ regions: ['us-west', 'nowhere', 'eu-west'], types: ['m'] }))
    expect(candidates.map(({ region }) => region)).toEqual(['runners'])
    expect(warnings).toEqual([expect.stringContaining('namespaces "nowhere" not found')])
    const failure = await failureOf(world.open().resolve(ask({ regions: ['nowhere'] })))
    expect([failure.kind, failure.message]).toEqual(['not-found', expect.stringContaining('nowhere')])
  })
})

describe('a Job', () => {
  test('has a deadline of the launch first, and its lease’s once its runner is about to register', async () => {
    const cloud = world.open()
    const { candidates } = await cloud.resolve(plainRequest)
    const dueAt = Math.floor(world.clock.now() / 1000) + 600
    const order = orderOf(plainRequest, { lease: { ...lease, dueAt, expiresAt: dueAt + 432_000 } })
    const machine = await cloud.create(candidates[0]!, order)
    const { spec } = world.cluster.job(machine.id).body
    expect([spec.activeDeadlineSeconds, spec.ttlSecondsAfterFinished]).toEqual([900, 7200])
    expect(world.cluster.world.secrets).toHaveLength(1)
    expect(await cloud.conceal(machine)).toBeUndefined()
    expect(await cloud.conceal(machine)).toBeUndefined()
    expect(world.cluster.job(machine.id).body.spec.activeDeadlineSeconds).toBe(432_600)
    expect(world.cluster.world.secrets).toEqual([])
  })

  test('whose life is shorter than its launch may take has no longer deadline', async () => {
    const cloud = world.open()
    const { candidates } = await cloud.resolve(plainRequest)
    const dueAt = Math.floor(world.clock.now() / 1000) + 600
    const order = orderOf(plainRequest, { lease: { ...lease, dueAt, expiresAt: dueAt + 120 } })
    const machine = await cloud.create(candidates[0]!, order)
    const { spec } = world.cluster.job(machine.id).body
    expect(spec.activeDeadlineSeconds).toBe(720)
    expect(await cloud.conceal(machine)).toBeUndefined()
    expect(spec.activeDeadlineSeconds).toBe(720)
  })

  test('whose end was ordered is not given more time', async () => {
    const machine = await create()
    const cloud = world.open()
    await cloud.destroy(machine)
    await cloud.conceal(machine)
    expect(world.cluster.job(machine.id).body.spec.activeDeadlineSeconds).toBe(0)
  })

  test('that its launcher has left is ended by its deadline, and forgotten with its Secret', async () => {
    const machine = await create()
    world.cluster.advance((lease.dueAt + 400) * 1000 - world.clock.now())
    expect(world.cluster.leftovers()).toBe(0)
    const ended = await world.open().listEnded({ identity: lease.identity }, ['runners'])
    expect(ended.machines.map(({ id }) => id)).toEqual([machine.id])
    world.cluster.advance(7_300_000)
    expect((await world.open().listEnded({ identity: lease.identity }, ['runners'])).machines).toEqual([])
    expect(world.cluster.world.secrets).toEqual([])
  })

  test('requests what it is limited to, keeps autoscalers away, and has no token without an account', async () => {
    await create()
    expect(specOf()).toMatchObject({
      spec: {
        backoffLimit: 0,
        template: {
          metadata: {
            annotations: {
              'karpenter.sh/do-not-disrupt': 'true',
              'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
            },
          },
          spec: {
            restartPolicy: 'Never',
            terminationGracePeriodSeconds: 80,
            automountServiceAccountToken: false,
            containers: [
              {
                image: 'ghcr.io/actions/actions-runner:2.336.0',
                resources: {
                  requests: { cpu: '8', memory: '32768Mi', 'ephemeral-storage': '35Gi' },
                  limits: { cpu: '8', memory: '32768Mi', 'ephemeral-storage': '35Gi' },
                },
              },
            ],
          },
        },
      },
    })
  })

  test('takes the user’s image, account, metadata, selector, tolerations and GPUs', async () => {
    const cloud = world.open({ selector: { pool: 'gpu' }, tolerations: ['team=vision:NoSchedule', 'spot'] })
    const request = ask({
      types: ['m+t4'],
      image: 'example.com/train:1',
      permissionSet: 'trainer',
      metadata: { team: 'vision', note: 'two words' },
    })
    const { candidates } = await cloud.resolve(request)
    await cloud.create(candidates[0]!, orderOf(request))
    expect(specOf()).toMatchObject({
      metadata: { labels: { team: 'vision' }, annotations: { team: 'vision', note: 'two words' } },
      spec: {
        template: {
          spec: {
            serviceAccountName: 'trainer',
            automountServiceAccountToken: true,
            nodeSelector: { pool: 'gpu' },
            tolerations: [
              { key: 'team', operator: 'Equal', value: 'vision', effect: 'NoSchedule' },
              { key: 'spot', operator: 'Exists' },
              { key: 'nvidia.com/gpu', operator: 'Exists' },
            ],
            initContainers: [{ image: 'ghcr.io/actions/actions-runner:2.336.0' }],
            containers: [{ image: 'example.com/train:1', resources: { limits: { 'nvidia.com/gpu': '1' } } }],
          },
        },
      },
    })
  })
})

describe('a refusal', () => {
  test('that was cut off on its way is asked for again: the machine of an order that nobody heard of is found', async () => {
    const faults: ('reset-after' | 'malformed')[] = ['malformed', 'reset-after']
    world.cluster.fault = ({ action, dry }) => (action === 'jobs.create' && !dry ? faults.pop() : undefined)
    expect(await create()).toMatchObject({ state: 'pending', lease: { identity: lease.identity } })
    expect([faults, world.cluster.jobs.length]).toEqual([[], 1])
  })

  test('of the scheduler is waited out as long as an autoscaler may take', async () => {
    const { dials } = world.cluster
    dials.full.add('*|*')
    const began = world.clock.now()
    world.cluster.fault = ({ action }) => {
      if (action === 'pods.list' && world.clock.now() - began > 100_000) dials.full.clear()
      return undefined
    }
    expect((await create()).state).toBe('pending')
    expect(world.clock.now() - began).toBeGreaterThan(100_000)
  })

  test('of the scheduler for too long is told in its words, and takes the Job back', async () => {
    world.cluster.dials.full.add('*|*')
    const failure = await failureOf(create({ pending: 5 }))
    expect([failure.kind, failure.explanation.code]).toEqual(['capacity-unavailable', 'Unschedulable'])
    expect(failure.message).toContain('3 Insufficient cpu')
    expect([world.cluster.leftovers(), world.cluster.world.secrets]).toEqual([0, []])
  })

  test('of the scheduler is waited out once for each type: no other namespace has other nodes', async () => {
    world.cluster.dials.full.add('*|*')
    const cloud = world.open()
    const request = ask({ regions: ['runners', 'others'] })
    const waited: number[] = []
    for (const candidate of (await cloud.resolve(request)).candidates) {
      const began = world.clock.now()
      const failure = await failureOf(cloud.create(candidate, orderOf(request)))
      expect(failure.message).toContain('within 180 s')
      waited.push(Math.round((world.clock.now() - began) / 10_000) * 10)
    }
    // Of the first type in both namespaces, then of the second.
    expect(waited).toEqual([180, 0, 180, 0])
    expect([world.cluster.leftovers(), world.cluster.world.secrets]).toEqual([0, []])
  })

  test.each([
    ['violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false', 'failed-precondition'],
    ['exceeded quota: gpus, requested: requests.nvidia.com/gpu=1, used: 4, limited: 4', 'quota-exceeded'],
    [
      'error looking up service account runners/trainer: serviceaccount "trainer" not found',
      'failed-precondition',
    ],
  ])('of the controller ends the wait at once: %s', async (said, kind) => {
    world.cluster.dials.admission = said
    const failure = await failureOf(create())
    expect([failure.kind, failure.message]).toEqual([kind, expect.stringContaining(said)])
    expect(world.cluster.leftovers()).toBe(0)
  })

  describe('of the controller that passes', () => {
    /** Says so of the next Job until so many ms have gone by. */
    function said(admission: string, ms: number): void {
      const { dials } = world.cluster
      dials.full.clear()
      dials.admission = admission
      const began = world.clock.now()
      world.cluster.fault = () => {
        if (world.clock.now() - began > ms) dials.admission = undefined
        return undefined
      }
    }
    const quota = 'exceeded quota: one, requested: pods=1, used: pods=1, limited: pods=1'

    test('is waited out: the pod that this launch has ended may still count', async () => {
      world.cluster.dials.full.add('*|*')
      const cloud = world.open({ pending: 0 })
      const [first, , second] = (await cloud.resolve(ask({ regions: ['runners', 'others'] }))).candidates
      const failure = await failureOf(cloud.create(first!, orderOf(plainRequest)))
      expect(failure.explanation.code).toBe('Unschedulable')
      said(quota, 3_000)
      expect((await cloud.create(second!, orderOf(plainRequest))).state).toBe('pending')
    })

    test('is believed once that pod is long gone', async () => {
      world.cluster.dials.full.add('*|*')
      const cloud = world.open({ pending: 0 })
      const [first, , second] = (await cloud.resolve(ask({ regions: ['runners', 'others'] }))).candidates
      await failureOf(cloud.create(first!, orderOf(plainRequest)))
      said(quota, Infinity)
      const began = world.clock.now()
      const failure = await failureOf(cloud.create(second!, orderOf(plainRequest)))
      expect([failure.kind, failure.message]).toEqual(['quota-exceeded', expect.stringContaining(quota)])
      expect(world.clock.now() - began).toBeLessThan(8_000)
    })

    test('is waited out where two pods came at one moment', async () => {
      said(
        'Operation cannot be fulfilled on resourcequotas "one": the object has been modified; please apply your changes to the latest version and try again',
        3_000,
      )
      expect((await create()).state).toBe('pending')
    })
  })

  test('whose text is no JSON, however often it comes, is told as it came', async () => {
    world.cluster.fault = ({ action, dry }) =>
      action === 'jobs.create' && !dry ? { status: 403, body: '{error: denied by the gateway}' } : undefined
    const failure = await failureOf(create())
    expect(failure.message).toContain('{error: denied by the gateway}')
    expect(world.cluster.journal.filter(({ action, dry }) => action === 'jobs.create' && !dry)).toHaveLength(
      3,
    )
  })

  test('of a rule for new objects is no mistake of whoever launches, whatever the rule is made with', async () => {
    for (const [status, message] of [
      [
        422,
        "jobs.batch \"cml-x\" is forbidden: ValidatingAdmissionPolicy 'few-cores' with binding 'all' denied request: too many cores",
      ],
      [400, 'admission webhook "rules.example" denied the request: no owner'],
    ] as const) {
      const body = { kind: 'Status', status: 'Failure', reason: 'Invalid', code: status, message }
      world.cluster.fault = ({ action }) => (action === 'jobs.create' ? { status, body } : undefined)
      const failure = await failureOf(create())
      expect([failure.kind, failure.message]).toEqual([
        'failed-precondition',
        expect.stringContaining(message),
      ])
    }
  })

  test('of a registry names the image', async () => {
    world.cluster.dials.missingImages.add('ghcr.io/actions/actions-runner:2.336.0')
    const machine = await create().catch((error: unknown) => error as Error)
    const seen = 'id' in machine ? await world.open().look(machine) : undefined
    const text = seen?.ended?.text ?? (machine as Error).message
    expect(text).toContain('ghcr.io/actions/actions-runner:2.336.0')
  })
})

describe('a pod that is taken away', () => {
  test.each([
    ['EvictionByEvictionAPI', 'evicted'],
    ['DeletionByTaintManager', 'its node was lost'],
    ['PreemptionByScheduler', 'higher priority'],
    ['TerminationByKubelet', 'short of something'],
  ])('says why: %s', async (reason, words) => {
    const machine = await create()
    world.cluster.end(machine.id, reason)
    const seen = await world.open().look(machine)
    expect(seen?.ended).toMatchObject({
      kind: 'capacity-unavailable',
      code: reason,
      text: expect.stringContaining(words),
    })
  })

  test('whose record is gone is known by its events, and one whose Job was deleted by nothing', async () => {
    const machine = await create()
    world.cluster.end(machine.id)
    world.cluster.job(machine.id).pod = undefined
    expect((await world.open().look(machine))?.ended?.code).toBe('Evicted')
    world.cluster.world.events.length = 0
    world.cluster.delete(machine.id)
    expect(await world.open().look(machine)).toMatchObject({ state: 'gone', ended: { kind: 'cancelled' } })
  })
})

describe('a launcher that died between Job and Secret', () => {
  const halve = async (): Promise<void> => {
    const stop = new AbortController()
    world.cluster.fault = ({ action, dry }) => {
      if (action !== 'secrets.create' || dry) return undefined
      stop.abort(new Error('died'))
      return 'reset-before'
    }
    const cloud = world.open()
    const { candidates } = await cloud.resolve(plainRequest)
    await cloud.create(candidates[0]!, orderOf(plainRequest), stop.signal).catch(() => undefined)
    world.cluster.fault = undefined
  }

  test('leaves half of a machine to the next try, and one that is pending to whoever looks for more', async () => {
    await halve()
    const [own, whole] = await Promise.all(
      [{ identity: lease.identity }, { run: lease.run }].map((query) =>
        world.open().list(query, ['runners']),
      ),
    )
    expect(own?.machines).toMatchObject([{ state: 'pending', half: true }])
    expect(whole?.machines.map(({ state, half }) => [state, half])).toEqual([['pending', undefined]])
  })

  test('leaves a remnant, which is seen without reading any Secret', async () => {
    await halve()
    await world.clock.sleep(30_000)
    const { machines } = await world.open().list({ identity: lease.identity }, ['runners'])
    expect(machines.map(({ state }) => state)).toEqual(['remnant'])
    expect(world.cluster.journal.filter(({ action }) => /secrets\.(get|list)/.test(action))).toEqual([])
  })

  test('is not waited for by the next try, which makes its own', async () => {
    await halve()
    const cloud = world.open()
    const { candidates } = await cloud.resolve(plainRequest)
    const machine = await cloud.create(
      candidates[0]!,
      orderOf(plainRequest, { lease: { ...lease, nonce: 'other' } }),
    )
    expect(machine.id).toMatch(/-2$/)
    expect(world.cluster.leftovers()).toBe(1)
  })
})

test('a Job that only has the name of ours is left alone', async () => {
  const { candidates } = await world.open().resolve(plainRequest)
  const name = (await create()).id
  world.cluster.delete(name)
  world.cluster.seedJob('runners', { name })
  const failure = await failureOf(world.open().create(candidates[0]!, orderOf(plainRequest)))
  expect([failure.kind, failure.message]).toEqual(['conflict', expect.stringContaining(name)])
})

describe('the configuration', () => {
  const resolveWith = (KUBERNETES_CONFIGURATION: string) =>
    world.open({}, { variables: { KUBERNETES_CONFIGURATION } }).resolve(plainRequest)

  test.each([
    ['is none', 'not: [yaml', /could not be read/],
    ['names no context', '{"clusters":[],"contexts":[],"users":[]}', /no context that is in use/],
    ['is a path', '/builds/octo.tmp/KUBERNETES_CONFIGURATION', /neither its path nor Base64/],
  ])('that %s is told with what to do', async (_, text, words) => {
    const failure = await failureOf(resolveWith(text))
    expect([failure.kind, failure.message]).toEqual(['unauthenticated', expect.stringMatching(words)])
    expect(failure.explanation.fix).toMatch(/KUBERNETES_CONFIGURATION/)
  })

  test('that is broken is not quoted, since tokens are in it', async () => {
    const token = 'glpat-0123456789abcdefghij'
    for (const line of [`token: ${token}\n  bad`, `token: !${token}`, `token: *${token}`]) {
      const { message } = await failureOf(resolveWith(`users:\n- name: ci\n  user:\n    ${line}\n`))
      expect(message).toMatch(/could not be read: line \d is not YAML/)
      expect(message).not.toContain(token)
    }
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'echo', args: [token.slice(-12)] }
    const printed = world.cluster.configuration(undefined, { users: [{ name: 'ci', user: { exec } }] })
    const { message } = await failureOf(resolveWith(printed))
    expect(message).toContain('printed no JSON')
    expect(message).not.toContain(token.slice(-12, -6))
  })

  test('never sends a token in the clear', async () => {
    const failure = await failureOf(
      resolveWith(
        world.cluster.configuration(undefined, {
          clusters: [{ name: 'emulated', cluster: { server: world.cluster.url } }],
        }),
      ),
    )
    expect(failure.message).toMatch(/only https/)
    expect(world.cluster.journal).toEqual([])
  })

  test('may ask a program for a token', async () => {
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: world.cluster.token },
    }
    const exec = {
      apiVersion: credential.apiVersion,
      command: 'echo',
      args: [JSON.stringify(credential)],
      interactiveMode: 'Never',
    }
    const { candidates } = await resolveWith(
      world.cluster.configuration(undefined, { users: [{ name: 'ci', user: { exec } }] }),
    )
    expect(candidates).toHaveLength(2)
    const broken = { ...exec, command: 'sh', args: ['-c', 'echo please log in >&2; exit 1'] }
    const failure = await failureOf(
      resolveWith(
        world.cluster.configuration(undefined, { users: [{ name: 'ci', user: { exec: broken } }] }),
      ),
    )
    expect([failure.kind, failure.message]).toEqual([
      'unauthenticated',
      expect.stringContaining('please log in'),
    ])
  })
})

describe('a configuration in files', () => {
  let folder: string
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'))))
  afterEach(() => rmSync(folder, { recursive: true }))

  const file = (name: string, change: object | string): string => {
    const path = join(folder, name)
    const text = typeof change === 'string' ? change : world.cluster.configuration(undefined, change)
    writeFileSync(path, text)
    return path
  }
  const resolveWith = async (variables: Record<string, string>) => {
    const { candidates } = await world.open({}, { variables }).resolve(ask({ types: ['m'] }))
    return candidates[0]?.region
  }
  const context = (name: string, namespace: string) => ({
    name,
    context: { cluster: 'emulated', user: 'ci', namespace },
  })

  test('is merged as kubectl does: the first of a name holds, and the first that is in use', async () => {
    const none = { 'current-context': '', contexts: [], users: [] }
    const KUBECONFIG = [
      file('clusters', none),
      join(folder, 'not-there'),
      '',
      file('ours', { contexts: [context('ci', 'ours')], clusters: [] }),
      file('theirs', {
        'current-context': 'other',
        contexts: [context('ci', 'theirs'), context('other', 'others')],
        clusters: [{ name: 'emulated', cluster: { server: 'https://127.0.0.1:1' } }],
        users: [{ name: 'ci', user: { token: 'theirs' } }],
      }),
    ].join(delimiter)
    expect(await resolveWith({ KUBECONFIG })).toBe('ours')
    expect(await resolveWith({ KUBECONFIG, KUBE_CONTEXT: 'other' })).toBe('others')
  })

  test('comes after the one in the variable', async () => {
    const KUBECONFIG = file('config', { contexts: [context('ci', 'others')] })
    expect(await resolveWith({ KUBECONFIG, ...world.cluster.variables })).toBe('runners')
  })

  test.each([
    [
      'a context that is not there',
      () => ({ KUBE_CONTEXT: 'prod' }),
      /no context prod, .*KUBE_CONTEXT.*, of ci$/m,
    ],
    ['a file that is not there', () => ({ KUBECONFIG: join(folder, 'no') }), /there is no file .*no/],
    [
      'a file that is broken',
      () => ({ KUBECONFIG: file('broken', 'a: [') }),
      /broken could not be read: line 1/,
    ],
    [
      'a file that is empty',
      () => ({ KUBECONFIG: file('empty', '') }),
      /empty could not be read: it is empty/,
    ],
  ])('that asks for %s is told so', async (_, own, words) => {
    const KUBECONFIG = file('config', {})
    const failure = await failureOf(resolveWith({ KUBECONFIG, ...own() }))
    expect([failure.kind, failure.message]).toEqual(['unauthenticated', expect.stringMatching(words)])
  })
})

test('a proxy that refuses is blamed, and not who is behind it', () => {
  const error = Object.assign(new Error('tunnel: 407'), { code: 'ERR_PROXY_TUNNEL' })
  const failure = explain(error, { tried: 'try' }, {}) as Failure
  expect([failure.kind, failure.message]).toEqual([
    'unavailable',
    expect.stringMatching(/The proxy in HTTPS_PROXY did not/),
  ])
})
