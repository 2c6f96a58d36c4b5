import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { CloudContext } from '../../../src/clouds/cloud.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { silentLog } from '../../../src/lib/log.ts'
import type { JobBody } from '../../emulators/kubernetes/jobs.ts'
import type { Registry } from '../../emulators/kubernetes/registry.ts'
import { publishedImage } from '../../emulators/pod/published.ts'
import { ask, orderOf, plainRequest, startKubernetesWorld, type KubernetesWorld } from './world.ts'

const github = 'ghcr.io/actions/actions-runner:2.336.0'
const gitlab = 'docker.io/gitlab/gitlab-runner:ubuntu-v19.4.0'
const pinned = (name: string): string => `${name}@${publishedImage(name)?.digest}`

let world: KubernetesWorld
let registry: Registry
let told: string[]
let over: AbortController
beforeEach(async () => {
  world = await startKubernetesWorld()
  registry = world.cluster.registry
  told = []
  over = new AbortController()
})
afterEach(async () => {
  over.abort(new Error('the test is over'))
  expect([...world.cluster.refused, ...registry.refused]).toEqual([])
  await world.close()
})

/** As composed with a forge whose program is in that image. */
const composed = (name: string | undefined, change: Partial<CloudContext> = {}): Partial<CloudContext> => ({
  clock: systemClock,
  log: { ...silentLog, info: (text) => void told.push(text) },
  download: async () => ({
    url: 'https://example.com/runner.tar.gz',
    sha256: 'a'.repeat(64),
    version: '1',
    ...(name === undefined ? {} : { image: { name, path: '/home/runner' } }),
  }),
  ...change,
})

/** Of the container that brings the runner, and of the one that jobs run in. */
const imagesIn = ({ spec }: JobBody): readonly string[] => {
  const { initContainers = [], containers } = spec.template.spec
  return [...initContainers, ...containers].map(({ image }) => image)
}

const imageFound = async (context: Partial<CloudContext>): Promise<string | undefined> =>
  (await world.open({}, context).resolve(plainRequest, over.signal)).candidates[0]?.image.name

describe('the image of the runner', () => {
  test.each([github, gitlab])('is named by the digest that its registry tells: %s', async (name) => {
    const { candidates } = await world.open({}, composed(name)).resolve(plainRequest)
    for (const { image } of candidates) expect(image).toEqual({ id: pinned(name), name: pinned(name) })
    expect([told, candidates.length]).toEqual([[], 2])
    // A refusal, a token, and the answer, however many candidates there are.
    expect(registry.journal.map(({ method, path }) => `${method} ${path.split('/')[1]}`)).toEqual([
      'HEAD v2',
      'GET token',
      'HEAD v2',
    ])
  })

  test.each([
    ['its own', undefined, [pinned(github), pinned(github)]],
    [
      "the user's",
      'registry.example.com/private/train:1',
      [pinned(github), 'registry.example.com/private/train:1'],
    ],
  ])('runs in the pod by its digest, beside %s, of which nobody is asked', async (_, image, images) => {
    const cloud = world.open({}, composed(github))
    const request = ask(image === undefined ? {} : { image })
    const { candidates } = await cloud.resolve(request)
    await cloud.create(candidates[0]!, orderOf(request))
    const [tried, made] = world.cluster.journal.filter(({ action }) => action === 'jobs.create')
    expect([tried?.dry, made?.dry]).toEqual([true, false])
    for (const entry of [tried, made]) expect(imagesIn(entry?.body as unknown as JobBody)).toEqual(images)
    const asked = registry.journal.flatMap(({ repository }) => repository || [])
    expect(new Set(asked)).toEqual(new Set(['actions/actions-runner']))
  })

  test('is asked for beside the questions to the cluster that are not about it', async () => {
    const { cluster } = world
    const isReview = ({ action }: { readonly action: string }): boolean => action.startsWith('selfsubject')
    // Each is answered only once the other has been asked.
    cluster.hold = (entry) =>
      isReview(entry) ? registry.until(() => registry.journal.length > 0).then(() => {}) : undefined
    registry.hold = () => cluster.until(() => cluster.journal.some(isReview)).then(() => {})
    expect(await imageFound(composed(github))).toBe(pinned(github))
  })

  test('of another version than was sent is not brought', async () => {
    const cloud = world.open({}, composed('ghcr.io/actions/actions-runner:2.335.0'))
    const { candidates } = await cloud.resolve(plainRequest)
    await cloud.create(candidates[0]!, orderOf(plainRequest))
    const { spec } = world.cluster.jobs[0]!.body.spec.template
    expect(spec.initContainers?.[0]?.image).toBe(github)
  })

  test('needs no token where a registry asks for none', async () => {
    registry.dials.open = true
    expect(await imageFound(composed(github))).toBe(pinned(github))
    expect(registry.journal.map(({ headers }) => headers.authorization)).toEqual([undefined])
  })

  test.each<[string, (registry: Registry) => void, RegExp]>([
    ['fails', (one) => void (one.fault = () => '5xx'), /answered HTTP 503/],
    ['throttles', (one) => void (one.fault = () => 'throttle'), /answered HTTP 429/],
    ['breaks off', (one) => void (one.fault = () => 'reset-before'), /hang up|ECONNRESET/],
    ['wants a login', (one) => void (one.fault = () => ({ status: 401 })), /wants a login/],
    ['gives half a token', (one) => void (one.fault = ofToken('malformed')), /answered without a token/],
    ['gives no token', (one) => void (one.fault = ofToken('5xx')), /answered HTTP 503/],
    ['gives what is no token', (one) => void (one.dials.token = 'a b\r\nc'), /answered without a token/],
    ['gives what is no digest', (one) => void (one.dials.digest = 'sha256:abc'), /answered without one/],
    ['sends in the clear for a token', (one) => void (one.dials.realm = 'http://10.0.0.1/'), /no https/],
    ['sends nowhere for a token', (one) => void (one.dials.realm = 'nowhere'), /wants a login/],
    [
      'sends away with the token',
      (one) =>
        void (one.fault = ({ headers }) =>
          headers.authorization
            ? { status: 307, headers: { location: `${world.cluster.url}/v2/` } }
            : undefined),
      /answered HTTP 307/,
    ],
  ])('keeps its tag where its registry %s, which is told once', async (_, turn, why) => {
    turn(registry)
    expect(await imageFound(composed(github))).toBe(github)
    expect(told).toEqual([expect.stringMatching(why)])
    expect(told[0]).toContain(github)
    expect(world.cluster.journal.filter(({ path }) => path.startsWith('/v2'))).toEqual([])
  })

  test('keeps its tag where its registry is silent, which nobody waits for', async () => {
    registry.fault = () => 'silent'
    expect(await imageFound(composed(github, { clock: world.clock }))).toBe(github)
    expect(told).toEqual([expect.stringContaining('no answer within 3 s')])
  })

  test('is not asked for in the clear', async () => {
    const variables = { ...world.cluster.variables, CML_IMAGE_DIGESTS: 'http://registry.example.com' }
    expect(await imageFound(composed(github, { variables }))).toBe(github)
    expect(told).toEqual([expect.stringContaining('http://registry.example.com is not https')])
  })

  test.each([
    ['names none', composed(undefined)],
    ['does not answer', composed(github, { download: () => Promise.reject(new Error('away')) })],
    ['is not at hand', {}],
  ])('stays unknown without a word where the forge %s', async (_, context) => {
    expect(await imageFound(context)).toBe('the image of the runner')
    expect([told, registry.journal]).toEqual([[], []])
  })

  test("ends with the launch's own signal", async () => {
    const stop = new AbortController()
    registry.hold = async () => stop.abort(new Error('left'))
    registry.fault = () => 'silent'
    await expect(world.open({}, composed(github)).resolve(plainRequest, stop.signal)).rejects.toThrow('left')
    expect(told).toEqual([])
  })
})

describe('the way to its registry', () => {
  test.each([
    [github, 'ghcr.io:443'],
    [gitlab, 'registry-1.docker.io:443'],
  ])('goes through the proxy of the launch: %s is asked of %s', async (name, host) => {
    const asked: (string | undefined)[] = []
    const proxy = createServer().on('connect', ({ url }, socket) => {
      asked.push(url)
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const HTTPS_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    const { KUBERNETES_CONFIGURATION } = world.cluster.variables
    const image = await imageFound(
      composed(name, { variables: { KUBERNETES_CONFIGURATION, HTTPS_PROXY } }),
    ).finally(() => proxy.close())
    expect([image, asked, told.length]).toEqual([name, [host], 1])
  })
})

/** What happens to the request for a token alone. */
function ofToken(fault: '5xx' | 'malformed'): Registry['fault'] {
  return ({ path }) => (path === '/token' ? fault : undefined)
}
