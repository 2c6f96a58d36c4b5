import { describe, expect, test } from '@jest/globals'
import { rerun, type RerunWish } from '../../src/rerun/rerun.ts'
import { rerunAndReport } from '../../src/rerun/report.ts'
import { Failure } from '../../src/model/failure.ts'
import { runOf } from '../../src/model/identity.ts'
import type { Instance } from '../../src/model/instance.ts'
import type { Run, RunJob } from '../../src/model/run.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import { RecordingHost, World } from '../emulators/ports.ts'

const job = (change: Partial<RunJob> = {}): RunJob => ({
  id: '1',
  name: 'train',
  runner: 'trainer',
  endedAt: 5_000_000,
  failed: true,
  red: false,
  lost: 'The self-hosted runner lost communication with the server.',
  ...change,
})
const withoutWords = (change: Partial<RunJob> = {}): RunJob => {
  const { lost: _lost, ...rest } = job(change)
  return rest
}

const runWith = (change: Partial<Run> = {}): Run => ({
  id: '7',
  page: 'https://smithy.example/runs/7',
  attempt: 1,
  completed: true,
  cancelled: false,
  declined: false,
  jobs: [job()],
  ...change,
})

async function told(
  run: Run | undefined,
  { wish, world = worldOf() }: { wish?: RerunWish; world?: World } = {},
) {
  if (run) world.pipelines.set(run.id, run)
  const host = new RecordingHost()
  const ports = { clouds: world.clouds, forge: world.forge, host, clock: world.clock, signal: host.signal }
  const { outcomes, problems } = await rerun(wish ?? { id: '7', places: [] }, ports)
  return { world, host, outcomes, problems, again: world.calls('forge.again') }
}

const worldOf = (): World => new World(new FakeClock(6_000_000_000))

/** A machine of that run which the cloud remembers to have ended. */
function ended(
  world: World,
  kind: 'capacity-unavailable' | 'cancelled' | 'unavailable',
  change: Partial<Instance> = {},
) {
  const { scope } = world.forge
  const origin = { host: world.forge.name, run: '7', attempt: '', job: '', step: '', owner: '' }
  world.addMachine({
    state: 'gone',
    launchedAt: 4_000,
    ended: { kind, code: 'X', text: `ended: ${kind}` },
    lease: {
      identity: 'abcdefghijklmnop2345',
      run: runOf(origin, scope),
      scope,
      owner: 'someone',
      name: 'trainer',
      dueAt: 1,
      nonce: 'a1b2c3',
      expiresAt: 2,
    },
    ...change,
  })
}

const places = [{ cloud: 'nimbus', region: 'north-1' }]
const asked = { id: '7', places }

describe('a run', () => {
  test('that lost a job with its machine is started again', async () => {
    const { outcomes, again, world } = await told(runWith())
    expect(outcomes).toMatchObject([{ id: '7', again: true }])
    expect(again).toBe(1)
    expect(world.journal).toEqual(['forge.run 7', 'forge.again 7: train'])
  })

  test.each([
    ['is cancelled', { cancelled: true }, 'was cancelled by somebody'],
    ['says no-retry', { declined: true }, 'no-retry'],
    ['lost nothing', { jobs: [] }, 'lost no job'],
    ['has a job that failed by itself', { jobs: [withoutWords({ red: true })] }, 'lost no job'],
    ['was tried four times', { attempt: 4 }, 'again 3 times already'],
  ] as const)('that %s is left alone', async (_, change, why) => {
    const { outcomes, again } = await told(runWith(change))
    expect([again, outcomes[0]?.again]).toEqual([0, false])
    expect(outcomes[0]?.said).toContain(why)
  })

  test('is started again at its third attempt, and not at its fourth', async () => {
    expect((await told(runWith({ attempt: 3 }))).again).toBe(1)
    expect((await told(runWith({ attempt: 4 }))).again).toBe(0)
  })

  test('of which two legs were lost is started again once, for both', async () => {
    const { world } = await told(runWith({ jobs: [job(), job({ id: '2', name: 'train (2)' })] }))
    expect(world.journal).toEqual(['forge.run 7', 'forge.again 7: train, train (2)'])
  })

  test('that goes on is waited for, and not for ever', async () => {
    const world = worldOf()
    world.pipelines.set('7', runWith({ completed: false, jobs: [] }))
    let looks = 0
    world.failing.on = (call) => {
      if (call === 'forge.run 7' && ++looks === 4) world.pipelines.set('7', runWith())
      return undefined
    }
    const { again, host } = await told(undefined, { world })
    expect([looks, again]).toEqual([4, 1])
    expect(host.lines.filter((line) => line.includes('still goes on'))).toHaveLength(1)
    const endless = await told(runWith({ completed: false, jobs: [] }))
    expect([endless.again, endless.outcomes[0]?.said]).toEqual([0, 'still goes on'])
    expect(endless.world.calls('forge.run')).toBeLessThan(70)
  })

  test('that is not there is a mistake of who wrote its number, and of nobody else', async () => {
    expect((await told(undefined)).outcomes).toEqual([
      { id: '7', again: false, said: 'is not there any more' },
    ])
    const { problems } = await told(undefined, { wish: { id: '7', typed: true, places: [] } })
    expect(problems.map(({ kind }) => kind)).toEqual(['not-found'])
  })
})

describe('the cloud', () => {
  test('that took the machine back says so for a job without words', async () => {
    const world = worldOf()
    ended(world, 'capacity-unavailable')
    const { outcomes, again } = await told(runWith({ jobs: [withoutWords()] }), { world, wish: asked })
    expect(again).toBe(1)
    expect(outcomes[0]?.said).toContain('ended: capacity-unavailable')
  })

  test.each([
    ['a test’s red', { red: true }, {}],
    ['another runner', { runner: 'other' }, {}],
    ['a machine that came after the job', {}, { launchedAt: 5_001 }],
  ])('says nothing of %s', async (_, change, machine) => {
    const world = worldOf()
    ended(world, 'capacity-unavailable', machine)
    expect((await told(runWith({ jobs: [withoutWords(change)] }), { world, wish: asked })).again).toBe(0)
  })

  test('that knows of somebody who ended the machine keeps the run from being started again', async () => {
    const world = worldOf()
    ended(world, 'cancelled')
    expect((await told(runWith(), { world, wish: asked })).again).toBe(0)
  })

  test('whose machine powered itself off, as it does when it is told to, leaves it to the forge’s words', async () => {
    const world = worldOf()
    ended(world, 'unavailable')
    expect((await told(runWith(), { world, wish: asked })).again).toBe(1)
    expect((await told(runWith({ jobs: [withoutWords()] }), { world, wish: asked })).again).toBe(1)
  })

  test('that cannot be asked leaves it to them too', async () => {
    const world = worldOf()
    world.failing.on = (call) =>
      call.startsWith('cloud.listEnded') ? new Failure('unavailable', { tried: 'look' }) : undefined
    const { again, host } = await told(runWith(), { world, wish: asked })
    expect(again).toBe(1)
    expect(host.lines.join()).toContain('alone tells')
  })
})

describe('without a run', () => {
  const every: RerunWish = { places: [] }

  test('all that failed within a day are looked at, and one that cannot be hides no other', async () => {
    const world = worldOf()
    for (const id of ['1', '2', '3']) world.pipelines.set(id, runWith({ id }))
    world.failing.on = (call) =>
      call === 'forge.run 2' ? new Failure('unavailable', { tried: 'look at run 2' }) : undefined
    const { outcomes, problems } = await told(undefined, { world, wish: every })
    expect(world.journal[0]).toBe('forge.failedSince 86400000')
    expect(outcomes.map(({ id }) => id)).toEqual(['1', '3'])
    expect(problems).toHaveLength(1)
  })

  test('a token that may not is told once', async () => {
    const world = worldOf()
    for (const id of ['1', '2', '3']) world.pipelines.set(id, runWith({ id }))
    world.failing.on = (call) =>
      call.startsWith('forge.run') ? new Failure('permission-denied', { tried: 'look' }) : undefined
    const { problems } = await told(undefined, { world, wish: every })
    expect(problems).toHaveLength(1)
  })

  test('one that goes on has its turn at the next look', async () => {
    const { outcomes, world } = await told(runWith({ completed: false, jobs: [] }), { wish: every })
    expect([outcomes[0]?.said, world.calls('forge.run 7')]).toEqual(['still goes on', 1])
  })

  test('what became of each is told, and a problem ends it', async () => {
    const world = worldOf()
    world.pipelines.set('7', runWith())
    const host = new RecordingHost()
    const ports = { clouds: world.clouds, forge: world.forge, host, clock: world.clock, signal: host.signal }
    await rerunAndReport(every, ports)
    expect(host.lines.join('\n')).toContain('Run 7 runs again')
    expect(host.summaries[0]).toContain('https://smithy.example/runs/7')
    world.failing.on = () => new Failure('unavailable', { tried: 'look at run 7' })
    await expect(rerunAndReport({ id: '7', places: [] }, ports)).rejects.toMatchObject({
      kind: 'unavailable',
    })
  })
})
