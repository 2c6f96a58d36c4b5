import { describe, expect, test } from '@jest/globals'
import { Clouds } from '../../src/clouds/clouds.ts'
import { checkHere, type Examination } from '../../src/doctor/doctor.ts'
import { examineAndReport } from '../../src/doctor/report.ts'
import type { Check } from '../../src/model/check.ts'
import { Failure } from '../../src/model/failure.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import { RecordingHost, World } from '../emulators/ports.ts'

const examination = (change: Partial<Examination['request']> = {}): Examination => ({
  request: {
    regions: [],
    types: ['m'],
    diskGb: 35,
    disk: {},
    spot: false,
    spotPrice: -1,
    spotFallback: false,
    metadata: {},
    publicAddress: 'auto',
    lifetime: 3600,
    ssh: false,
    ...change,
  },
  lease: {
    identity: 'abcdefghijklmnop2345',
    run: 'abcdefghijklmnop2345',
    scope: 'smithy.example/team/repo',
    owner: 'someone',
    name: 'trainer',
    dueAt: 1,
    nonce: 'a1b2c3',
    expiresAt: 2,
  },
  registration: {
    name: 'trainer',
    labels: ['cml'],
    single: false,
    platform: { os: 'linux', architecture: 'x64' },
    lifetime: 3600,
  },
  here: [],
})

const good = (what: string, said?: string): Check => ({
  what,
  verdict: 'good',
  ...(said === undefined ? {} : { said }),
})

interface Story {
  readonly forge?: readonly Check[]
  readonly cloud?: readonly Check[]
  readonly json?: boolean
  readonly asked?: Examination
  readonly clouds?: (world: World) => Clouds
}

async function report({ forge = [good('token')], cloud = [good('credentials')], ...story }: Story = {}) {
  const world = new World(new FakeClock())
  world.checks.set('smithy', forge)
  world.checks.set('nimbus', cloud)
  const host = new RecordingHost()
  const clouds = story.clouds?.(world) ?? world.clouds
  const ports = { clouds, forge: world.forge, host, clock: world.clock, signal: host.signal }
  const ended = await examineAndReport(story.asked ?? examination(), story.json ?? false, ports).then(
    () => undefined,
    (error: unknown) => error as Failure,
  )
  return { world, host, ended }
}

describe('what is found', () => {
  test('is a line each, with what to do where it is not good', async () => {
    const { host, ended, world } = await report({
      forge: [good('token', 'a classic token'), { what: 'clock', verdict: 'unknown', said: 'no time' }],
      cloud: [
        good('credentials'),
        { what: 'create', verdict: 'bad', said: 'denied\nby a policy', fix: 'allow it.' },
      ],
    })
    expect(host.printed.toSorted()).toEqual([
      'BAD     nimbus: create: denied by a policy → allow it.',
      `good    ${world.forge.name}: token: a classic token`,
      'good    nimbus: credentials',
      `unknown ${world.forge.name}: clock: no time`,
    ])
    expect(ended).toMatchObject({ kind: 'failed-precondition' })
    expect(ended?.message).toContain('nimbus: create')
    expect(host.lines.join('\n')).toContain('A launch would fail: 2 good, 1 bad, 1 unknown.')
    expect(host.summaries.join('\n')).toMatch(/\| bad \| nimbus \| create \| denied by a policy \| allow it/)
  })

  test('comes as it is known, whoever else is slow', async () => {
    const { host } = await report({ forge: [good('one'), good('two'), good('three')] })
    expect(host.printed.findIndex((line) => line.includes('credentials'))).toBeLessThan(3)
  })

  test('is well when nothing is bad, though something is not known', async () => {
    const { ended, host, world } = await report({
      cloud: [good('credentials'), { what: 'quota', verdict: 'unknown', fix: 'look' }],
    })
    expect(ended).toBeUndefined()
    expect(host.lines.join('\n')).toContain('Nothing was found that would make a launch fail: 2 good')
    expect(world.journal.filter((call) => !call.startsWith('examine'))).toEqual([])
    expect([host.outputs, host.saved]).toEqual([[], {}])
  })

  test('is JSON where that is asked for, and nothing else is on stdout', async () => {
    const { host, ended, world } = await report({
      json: true,
      cloud: [{ what: 'create', verdict: 'bad', said: 'denied', fix: 'allow it.' }],
    })
    expect(host.printed).toHaveLength(1)
    expect(JSON.parse(host.printed[0]!)).toEqual(
      expect.arrayContaining([
        { of: world.forge.name, what: 'token', verdict: 'good' },
        { of: 'nimbus', what: 'create', verdict: 'bad', said: 'denied', fix: 'allow it.' },
      ]),
    )
    expect(ended).toBeDefined()
  })
})

describe('a launch would fail', () => {
  test('where nobody at the forge answers', async () => {
    const { ended } = await report({ forge: [{ what: 'token', verdict: 'unknown', said: 'ECONNREFUSED' }] })
    expect(ended?.message).toContain('nothing could be found out')
  })

  test('where the machine at hand lacks something', async () => {
    const missing = checkHere(
      'certificates',
      Promise.reject(new Failure('failed-precondition', { tried: 'read', said: 'none', fix: 'give some.' })),
    )
    const { ended, host } = await report({ asked: { ...examination(), here: [await missing] } })
    expect(host.printed[0]).toBe('BAD     here: certificates: none → give some.')
    expect(ended?.message).toContain('here: certificates')
  })
})

describe('of clouds', () => {
  test('none need be named', async () => {
    const { ended, host } = await report({ clouds: () => new Clouds([]) })
    expect(ended).toBeUndefined()
    expect(host.lines.join('\n')).toContain('No cloud was named')
  })

  test('each is asked for the words that it understands', async () => {
    const clock = new FakeClock()
    const strato = new World(clock, 'strato')
    const knowing = (world: World, own: string) => ({
      ...world.cloud,
      complaints: ({ types }: { readonly types: readonly string[] }) =>
        types
          .filter((word) => word !== own)
          .map((word) => ({ option: 'cloud-type', word, text: `cloud-type: ${word} is unknown.` })),
    })
    strato.checks.set('strato', [good('credentials')])
    const { ended, world } = await report({
      asked: examination({ types: ['puff', 'wisp'] }),
      clouds: (nimbus) => new Clouds([knowing(nimbus, 'puff'), knowing(strato, 'wisp')]),
    })
    expect(ended).toBeUndefined()
    expect(world.journal).toContain('examine nimbus puff')
    expect(strato.journal).toEqual(['examine strato wisp'])
  })
})

test('an interruption ends it', async () => {
  const world = new World(new FakeClock())
  const host = new RecordingHost()
  const reason = new Error('stop')
  const forge = {
    ...world.forge,
    // As both forges do: what they throw is the reason alone.
    async *examine(): AsyncIterable<Check> {
      yield good('token')
      throw reason
    },
  }
  const ports = { clouds: world.clouds, forge, host, clock: world.clock, signal: host.signal }
  await expect(examineAndReport(examination(), false, ports)).rejects.toBe(reason)
})
