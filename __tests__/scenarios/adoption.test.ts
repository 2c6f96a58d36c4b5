import { describe, expect, test } from '@jest/globals'
import type { ChildProcess } from 'node:child_process'
import { finish } from '../../src/removal/finish.ts'
import { patientPace, remove } from '../../src/removal/remove.ts'
import type { Ports } from '../../src/ports.ts'
import type { RemovalTarget } from '../../src/removal/removal-target.ts'
import { Failure } from '../../src/model/failure.ts'
import type { Instance } from '../../src/model/instance.ts'
import { placeLabel, runLabel, uniqueLabel, type Runner } from '../../src/model/runner.ts'
import type { Lease } from '../../src/model/lease.ts'
import type { ActionOptions, ActionResult } from '../emulators/action-runner.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import { RecordingHost, World, placesIn } from '../emulators/ports.ts'
import { sameStep } from './same-step.ts'
import { story, type Stage } from './story.ts'

const jit = { single: 'true', registration: 'jit' }

type Inputs = Readonly<Record<string, string>>

/** Resolves once `count` requests have come this far. */
function gateFor(count: number): () => Promise<void> {
  let open: () => void = () => undefined
  let arrived = 0
  const opened = new Promise<void>((resolve) => (open = resolve))
  return () => {
    if (++arrived >= count) open()
    return opened
  }
}

/** Everything that was ever made for the one identity of these stories. */
function census({ cloud, github }: Stage): object {
  return {
    living: cloud.machines.filter(({ billed }) => billed).map(({ id }) => id),
    runners: github.runners().map(({ name, online }) => ({ name, online })),
  }
}

/** A launch handed over the one machine there is, and a job runs on it. */
async function expectOneMachine(stage: Stage, { main, post, outputs }: ActionResult): Promise<void> {
  expect([main.exitCode, post?.exitCode]).toEqual([0, 0])
  expect(census(stage)).toEqual({
    living: [outputs.instanceId],
    runners: [{ name: outputs.runnerName, online: true }],
  })
  const labels = stage.github.runners()[0]?.labels ?? []
  expect(labels).toEqual(expect.arrayContaining((outputs.runnerLabels ?? '').split(',')))
  const job = stage.jobFor(outputs, 'echo ran')
  await job.completed
  expect(job.conclusion).toBe('success')
}

async function endOfLife(stage: Stage, inputs: Inputs): Promise<void> {
  if (inputs.single) await stage.cloud.until(() => stage.cloud.machines.every(({ ended }) => ended))
  else await stage.shutDown()
}

describe.each([
  ['a registration token', {}],
  ['a just-in-time configuration', jit],
] as const)('two processes of one step at once, with %s', (_, inputs) => {
  const path = 'registration' in inputs ? '/generate-jitconfig' : '/registration-token'

  story('that register at the same moment make one machine, and both hand it over', async (stage) => {
    const gate = gateFor(2)
    stage.github.hold = (entry) => (entry.path.endsWith(path) ? gate() : undefined)
    const both = await Promise.all([stage.launch(inputs, sameStep), stage.launch(inputs, sameStep)])
    expect(both.map(({ outputs }) => outputs.instanceId)).toEqual(Array(2).fill(stage.cloud.machines[0]?.id))
    expect(stage.cloud.machines).toHaveLength(1)
    await expectOneMachine(stage, both[0])
    expect(both[1].main.exitCode).toBe(0)
    await endOfLife(stage, inputs)
  })

  story('that order at the same moment in a region whose listings lag make one machine', async (stage) => {
    stage.cloud.lag(4)
    const gate = gateFor(2)
    if (path === '/registration-token')
      stage.cloud.hold = ({ verb }) => (verb === 'create' ? gate() : undefined)
    const both = await Promise.all([stage.launch(inputs, sameStep), stage.launch(inputs, sameStep)])
    expect(stage.cloud.machines).toHaveLength(1)
    await expectOneMachine(stage, both[0])
    expect(both[1].main.exitCode).toBe(0)
    await endOfLife(stage, inputs)
  })
})

/** A point of a launch at which its host dies, told by a request or by a line of its log. */
interface Death {
  readonly at: string
  readonly line?: string
  /** The process dies before the other side has read the request, or after it has done it. */
  readonly request?: string
  readonly done?: boolean
  /** Matters where the registration is made in advance, too. */
  readonly jit?: true
  /** Registrations with which it is tried in every run, because no other death leaves the same behind; all are with CML_DEATHS=all. */
  readonly always?: readonly ('token' | 'jit')[]
}

const deaths: readonly Death[] = [
  { at: 'as soon as it looks around', request: 'list' },
  { at: 'before its registration is made', request: 'registration' },
  {
    at: 'after its registration was made',
    request: 'registration',
    done: true,
    jit: true,
    always: ['jit'],
  },
  { at: 'before its machine is ordered', request: 'create' },
  {
    at: 'after its machine was ordered, and before it hears so',
    request: 'create',
    done: true,
    jit: true,
    always: ['token', 'jit'],
  },
  { at: 'when it has its machine', line: 'Created ', jit: true },
  { at: 'while its machine boots', line: '│ fetched' },
  { at: 'when its machine has registered', line: '│ registered', always: ['token'] },
]

/** A try whose host dies there. */
async function dyingLaunch(stage: Stage, { line, request, done }: Death, inputs: Inputs): Promise<void> {
  let process: ChildProcess | undefined
  let died = false
  const die = (path: string): 'unheard' | 'reset-before' | undefined => {
    const meant =
      request === 'registration' ? /registration-token|generate-jitconfig/.test(path) : path === request
    if (died || !meant) return undefined
    died = true
    process?.kill('SIGKILL')
    return done ? 'unheard' : 'reset-before'
  }
  stage.cloud.fault = ({ verb }) => die(verb)
  stage.github.fault = ({ path }) =>
    die(path) === undefined ? undefined : done ? 'reset-after' : 'reset-before'
  const options: Partial<ActionOptions> = {
    ...sameStep,
    onSpawn: (child) => (process = child),
    ...(line ? { killWhen: (text: string) => text.startsWith(line) } : {}),
  }
  const { main } = await stage.launch(inputs, options)
  expect(main.signal).toBe('SIGKILL')
  stage.cloud.fault = undefined
  stage.github.fault = undefined
}

describe.each([
  ['a registration token', {}],
  ['a just-in-time configuration', jit],
] as const)('a step whose host died and that is tried again, with %s', (_, inputs) => {
  const how = inputs === jit ? 'jit' : 'token'
  const chosen = process.env.CML_DEATHS === 'all' ? deaths : deaths.filter((one) => one.always?.includes(how))
  for (const death of chosen.filter((one) => one.jit || how === 'token')) {
    story(`${death.at}, ends with one machine that works`, async (stage) => {
      await dyingLaunch(stage, death, inputs)
      await expectOneMachine(stage, await stage.launch(inputs, sameStep))
      await endOfLife(stage, inputs)
    })
  }
})

describe('the machine of an earlier try', () => {
  story('keeps its just-in-time registration while listings do not show it yet', async (stage) => {
    const { cloud, github } = stage
    await dyingLaunch(stage, { at: '', line: 'Created ' }, jit)
    const [before] = github.runners()
    cloud.hide(3)
    const again = await stage.launch(jit, sameStep)
    expect(github.runners()[0]?.id).toBe(before?.id)
    expect(cloud.calls('create')).toHaveLength(1)
    await expectOneMachine(stage, again)
    await endOfLife(stage, jit)
  })

  story('is found in the second of two regions', async (stage) => {
    const { home, next } = stage.cloud.side.words
    const regions = { 'cloud-region': `${home},${next}` }
    stage.cloud.dry(home)
    await dyingLaunch(stage, { at: '', line: 'Created ' }, regions)
    stage.cloud.restock()
    const again = await stage.launch(regions, sameStep)
    // Of a place that was empty a cloud may show what it has taken back.
    const [machine, ...others] = stage.cloud.machines.filter(({ ended }) => !ended)
    expect([machine?.region, others]).toEqual([next, []])
    expect(again.outputs.region).toBe(machine?.place)
    await expectOneMachine(stage, again)
    await stage.shutDown()
  })

  story('stays when a second one was made elsewhere, which is ended', async (stage) => {
    const { cloud, github } = stage
    const { twoPlaces, type } = cloud.side.words
    const places = { 'cloud-region': twoPlaces.join(','), 'cloud-type': type }
    cloud.dry(twoPlaces[0])
    await dyingLaunch(stage, { at: '', line: 'Created ' }, places)
    await github.until(() => github.runners().some(({ online }) => online))
    cloud.restock()
    // The runner is not shown either, or the try would look for its machine.
    github.dials.visibleAfterLooks = 3
    cloud.hide(1)
    const again = await stage.launch(places, sameStep)
    expect(cloud.machines).toHaveLength(cloud.side.oneOfAName ? 1 : 2)
    expect(again.outputs).toMatchObject({ instanceId: cloud.machines[0]!.id, region: twoPlaces[1] })
    await expectOneMachine(stage, again)
    await stage.shutDown()
  })
})

describe('a machine that was handed over', () => {
  /** The forge says of a working runner that it is offline, so that a second try of the step waits for it in vain. */
  const offline = (stage: Stage): void => void (stage.github.dials.online = () => false)

  story('stays when a second try of the step fails', async (stage) => {
    const first = await stage.launch({}, sameStep)
    offline(stage)
    const second = await stage.launch({ 'launch-timeout': '10s' }, sameStep)
    expect([second.main.exitCode, second.post?.exitCode]).toEqual([1, 0])
    expect(second.main.log).toContain(`save what another try of it made: ${first.outputs.instanceId}`)
    stage.github.dials.online = () => undefined
    await expectOneMachine(stage, first)
    await stage.shutDown()
  })

  story('stays when a second try of the step is cancelled', async (stage) => {
    const first = await stage.launch({}, sameStep)
    offline(stage)
    const second = await stage.launch(
      {},
      { ...sameStep, cancelWhen: (line) => line.includes('Waiting for runner') },
    )
    expect(second.main.exitCode).toBe(130)
    expect(second.post?.exitCode).toBe(0)
    stage.github.dials.online = () => undefined
    await expectOneMachine(stage, first)
    await stage.shutDown()
  })

  story(
    'stays when a second try is interrupted on the command line, where no post step follows',
    async (stage) => {
      const variables = {
        GITHUB_ACTIONS: 'true',
        GITHUB_RUN_ID: '7100000001',
        GITHUB_ACTION: '__run',
        GITHUB_JOB: 'deploy',
        CI: 'true',
        CML_RUNNER_TOKEN: stage.github.token(),
        ...stage.variables,
        ...sameStep.env,
      }
      const first = await stage.command(['--cloud', stage.cloud.side.name, '--idle-timeout', '1h'], {
        env: variables,
      })
      expect([first.code, first.stderr.includes('Created')]).toEqual([0, true])
      const outputs = JSON.parse(first.stdout) as Record<string, string>
      offline(stage)
      const second = await stage.command(['--cloud', stage.cloud.side.name, '--idle-timeout', '1h'], {
        env: variables,
        interruptWhen: (stderr) => stderr.includes('Waiting for runner'),
      })
      expect(second.code).toBe(130)
      expect(second.stderr).toContain(`save what another try of it made: ${outputs.instanceId}`)
      stage.github.dials.online = () => undefined
      expect(census(stage)).toEqual({
        living: [outputs.instanceId],
        runners: [{ name: outputs.runnerName, online: true }],
      })
      await stage.shutDown()
    },
  )
})

describe('a try that undoes itself', () => {
  const identity = 'abcdefghijklmnopqrst'
  const name = `cml-${identity}`
  const scope = 'smithy.example/team/repo'
  const begun = 1_790_000_000
  const lease = (secondsLater: number): Lease => ({
    identity,
    run: 'r'.repeat(20),
    scope,
    owner: 'someone',
    name,
    dueAt: begun + secondsLater + 600,
    nonce: String(secondsLater).padStart(6, '0'),
    expiresAt: begun + secondsLater + 86_400,
  })
  const theirs = lease(0)
  const own = lease(60)

  interface Setting {
    readonly world: World
    readonly ports: Ports
    readonly host: RecordingHost
    readonly machine: Instance
    target(own?: RemovalTarget['own']): RemovalTarget
  }

  /** A machine of another try, and its registration. */
  function setting(runner: Partial<Record<keyof Runner, unknown>> | undefined, at = begun + 60): Setting {
    const clock = new FakeClock(at * 1000)
    const world = new World(clock)
    const host = new RecordingHost()
    const machine = world.addMachine({ lease: theirs })
    const labels = [uniqueLabel(identity), placeLabel('nimbus', 'north-1'), runLabel(theirs)]
    if (runner) world.addRunner({ name, labels, ...runner } as Runner)
    return {
      world,
      host,
      machine,
      ports: { clouds: world.clouds, forge: world.forge, host, clock, signal: host.signal },
      target: (mine) => ({
        identity,
        runnerName: name,
        places: placesIn('north-1'),
        ...(mine ? { own: mine } : {}),
      }),
    }
  }

  const left = ({ world }: Setting): [machines: number, runners: number] => [
    [...world.instances.values()].filter(({ state }) => state === 'running').length,
    world.runners.size,
  ]

  const adopted = 'adopted'
  test.each([
    ['is online', { online: true }, adopted, [1, 1]],
    ['is offline and was online', { online: false, connected: true }, adopted, [1, 1]],
    ['is offline at a forge that tells no more', { online: false, connected: undefined }, adopted, [1, 1]],
    ['has never connected', { online: false, connected: false }, adopted, [0, 0]],
    ['does not exist', undefined, adopted, [0, 0]],
    [
      'has never connected, and the other may be at work on it',
      { online: false, connected: false },
      '',
      [1, 1],
    ],
  ] as const)('leaves or ends the machine of another whose runner %s', async (_, runner, how, expected) => {
    const it = setting(runner)
    const mine = { lease: own, ...(how ? { adopted: it.machine.id } : {}) }
    const { spared } = await remove(it.target(mine), it.ports, patientPace)
    expect(left(it)).toEqual(expected)
    expect(spared).toEqual(expected[0] === 1 ? [it.machine.id] : [])
  })

  test('ends the machine of another whose time to come online is over', async () => {
    const it = setting({ online: false, connected: false }, theirs.dueAt + 1)
    await remove(it.target({ lease: own }), it.ports, patientPace)
    expect(left(it)).toEqual([0, 0])
  })

  test('ends its own machine and leaves that of another with its registration', async () => {
    const it = setting({ online: true })
    const known = it.world.addMachine({ lease: own })
    const hidden = it.world.addMachine({ lease: own })
    await remove({ ...it.target({ lease: own }), known: [known] }, it.ports, patientPace)
    expect(it.world.instances.get(it.machine.id)?.state).toBe('running')
    expect([known, hidden].map(({ id }) => it.world.instances.get(id)?.state)).toEqual(['gone', 'gone'])
    expect(left(it)).toEqual([1, 1])
  })

  test('takes its own registration away, and not one of another whose machine is not there yet', async () => {
    const it = setting(undefined)
    it.world.instances.clear()
    const other = it.world.addRunner({
      name,
      online: false,
      connected: false,
      labels: [uniqueLabel(identity), runLabel(theirs)],
    })
    await remove(it.target({ lease: own }), it.ports, patientPace)
    expect([...it.world.runners.keys()]).toEqual([other.id])
    it.world.runners.set(other.id, { ...other, labels: [uniqueLabel(identity), runLabel(own)] })
    await remove(it.target({ lease: own }), it.ports, patientPace)
    expect(it.world.runners.size).toBe(0)
  })

  test('ends nothing of another and says so while the forge cannot tell', async () => {
    const it = setting({ online: false, connected: false })
    it.world.failing.on = (call) =>
      call.startsWith('forge.findRunner') ? new Failure('unavailable', { tried: 'ask the forge' }) : undefined
    const target = it.target({ lease: own, adopted: it.machine.id })
    await expect(remove(target, it.ports, patientPace)).rejects.toThrow(/ask the forge/)
    expect(left(it)).toEqual([1, 1])
  })

  test('and the post step leave what was taken over and has come to life', async () => {
    for (const [runner, expected] of [
      [{ online: false, connected: true }, [1, 1]],
      [{ online: false, connected: false }, [0, 0]],
    ] as const) {
      const it = setting(runner)
      const hints = { handedOver: false, known: true, creating: true, adopted: true, lives: '' }
      await finish(it.target(), hints, it.ports)
      expect(left(it)).toEqual(expected)
    }
  })

  test('means everything of the identity where nobody else can be meant: stop, sweep, post', async () => {
    const it = setting({ online: true })
    await remove(it.target(), it.ports, patientPace)
    expect(left(it)).toEqual([0, 0])
  })
})
