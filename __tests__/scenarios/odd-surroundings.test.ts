import { describe, expect } from '@jest/globals'
import type { CloudCall } from '../sides/cloud-side.ts'
import type { JournalEntry as GithubRequest } from '../emulators/github/github.ts'
import { awake, endsIdle, heldJob, looked, minute, outlives, tenMinutes } from './agent-hours.ts'
import { milestones, story, tellOfSystem, type Stage } from './story.ts'

const systemStory = tellOfSystem(story)

/** Something that happens when the story says so. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

function expectLaunched({ main, post }: Awaited<ReturnType<Stage['launch']>>): void {
  expect([main.exitCode, post?.exitCode, main.log.includes('##[error]')]).toEqual([0, 0, false])
}

describe('a console that', () => {
  const consoles = { lags: { lag: 60_000 }, 'is absent': 'absent' } as const
  for (const [how, dial] of Object.entries(consoles)) {
    story(`${how} keeps no runner from coming online`, async (stage) => {
      const { cloud, github } = stage
      cloud.console(dial)
      // And GitHub is slow to show a new runner.
      github.dials.visibleAfterLooks = 1
      const launch = await stage.launch(tenMinutes)
      expectLaunched(launch)
      expect(cloud.calls('console').length).toBeGreaterThan(0)
      expect(launch.main.log).not.toContain('│')
      await endsIdle(stage.machine())
    })
  }

  story('is denied is said once and asked for once', async (stage) => {
    const { cloud } = stage
    cloud.deny('console')
    const launch = await stage.launch(tenMinutes)
    expectLaunched(launch)
    expect(launch.log.match(/The boot log cannot be shown: .*/g)).toHaveLength(1)
    expect(cloud.calls('console')).toHaveLength(1)
    await endsIdle(stage.machine())
  })
})

/** An installation that goes on until the story says so. */
function installation() {
  const [asked, done] = [gate(), gate()]
  const until = (): Promise<void> => {
    asked.open()
    return done.opened
  }
  return { asked: asked.opened, until, open: done.open }
}

const docker = installation()
const library = installation()

describe('an image', () => {
  systemStory(
    'without Docker gets it while the runner downloads; registration does not wait for it, the first job does',
    async (stage) => {
      const { github, boot } = stage
      let before: readonly string[][] = []
      github.fault = ({ side }) => {
        if (side === 'archive') before = [...boot.machines[0]!.commands]
        return undefined
      }
      const launch = await stage.launch(tenMinutes)
      expectLaunched(launch)
      const machine = stage.machine()
      expect(before).toContainEqual(['systemctl', '--no-block', 'start', 'cml-runner-packages.service'])
      await docker.asked
      expect(machine.packages.docker).toBe(false)
      const job = stage.jobFor(launch.outputs, 'docker version && echo with Docker')
      await github.until(() => job.log.includes('Waiting for Docker'))
      await outlives(machine, 20 * minute)
      expect([job.steps, machine.packages.docker]).toEqual([[], false])
      docker.open()
      await job.completed
      expect([job.conclusion, machine.groups]).toEqual(['success', ['docker']])
      expect(job.log).toContain('with Docker')
      expect(
        milestones(machine).filter((name) => ['listening', 'job-started', 'packages'].includes(name)),
      ).toEqual(['listening', 'job-started', 'packages'])
      await endsIdle(machine, 1)
    },
    { machine: { docker: false, aptUntil: docker.until } },
  )

  systemStory(
    'without ICU is registered only once it is there',
    async (stage) => {
      const { github, cloud, boot } = stage
      github.dials.needsLibicu = true
      const launching = stage.launch(tenMinutes)
      await cloud.until(() => boot.machines.length)
      const machine = stage.machine()
      await library.asked
      await awake(machine)
      await looked(machine)
      expect(milestones(machine)).not.toContain('registering')
      library.open()
      expectLaunched(await launching)
      const order = milestones(machine).filter((name) =>
        ['packages', 'registering', 'listening'].includes(name),
      )
      expect(order).toEqual(['packages', 'registering', 'listening'])
      expect(github.journal.filter(({ path }) => path.endsWith('/runner-registration'))).toHaveLength(1)
      await endsIdle(machine)
    },
    { machine: { libicu: false, aptUntil: library.until } },
  )

  systemStory(
    'on which nothing can be installed gives a runner without Docker, and its console says so',
    async (stage) => {
      const launch = await stage.launch(tenMinutes)
      expectLaunched(launch)
      const machine = stage.machine()
      const job = stage.jobFor(launch.outputs, 'echo without Docker')
      await job.completed
      expect(job.conclusion).toBe('success')
      expect(job.log).not.toContain('Waiting for the installation')
      expect(machine.console()).toMatch(/ packages: could not be installed: docker\.io .*: E: /)
      await endsIdle(machine, 1)
    },
    { machine: { docker: false, aptFails: 'install' } },
  )
})

/** Each kind of request meets the troubles one after the other, and then none. */
function inTurn<R, T>(troubles: readonly T[], kindOf: (request: R) => string): (request: R) => T | undefined {
  const met = new Map<string, number>()
  return (request) => {
    const kind = kindOf(request)
    const count = met.get(kind) ?? 0
    met.set(kind, count + 1)
    return troubles[count]
  }
}

describe('trouble on the way', () => {
  const onlyOne = ({ cloud, github }: Stage): void => {
    expect([cloud.machines.length, github.runners().length]).toEqual([1, 1])
  }

  story(
    'to the cloud, which throttles, fails and shows late what it made, costs time and no second machine',
    async (stage) => {
      const { cloud } = stage
      cloud.fault = inTurn(['throttle', '5xx'], ({ name }: CloudCall) => name)
      cloud.lag(2)
      cloud.slow(2)
      const launch = await stage.launch(tenMinutes)
      expectLaunched(launch)
      onlyOne(stage)
      expect(cloud.calls('create').map(({ status }) => status < 300)).toEqual([false, false, true])
      await endsIdle(stage.machine())
    },
  )

  story(
    'to the cloud, which takes the order and breaks off, costs no second machine either',
    async (stage) => {
      const { cloud } = stage
      cloud.fault = inTurn(['reset-after', 'malformed'], ({ name }: CloudCall) => name)
      const launch = await stage.launch(tenMinutes)
      expectLaunched(launch)
      onlyOne(stage)
      expect(cloud.calls('create').length).toBeGreaterThan(1)
      await endsIdle(stage.machine())
    },
  )

  story('to GitHub, which fails and asks to wait, is waited out by launcher and machine', async (stage) => {
    const { github, cloud, boot } = stage
    const kindOf = ({ side, method, path }: GithubRequest): string =>
      side === 'api' ? `${method} ${path}` : side
    const launcher = inTurn(['5xx', 'throttle'] as const, kindOf)
    const machines = inTurn(['5xx'] as const, kindOf)
    github.fault = (request) => (request.side === 'api' ? launcher(request) : machines(request))
    const launching = stage.launch(tenMinutes)
    await cloud.until(() => boot.machines.length)
    const machine = stage.machine()
    await machine.until(() => /^ {2}\| .*BadGateway/m.test(machine.console()))
    await looked(machine)
    machine.passTime(10)
    const launch = await launching
    expectLaunched(launch)
    onlyOne(stage)
    expect(launch.main.log).toMatch(/GitHub asks for a pause \(.*\); asking again in [23] s/)
    await endsIdle(machine)
  })
})

describe('a forge that lies about a runner at work', () => {
  /** A machine with a job on it, whose runner GitHub shows as offline and idle from now on, and which it would even forget. */
  async function slandered(stage: Stage, inputs: Readonly<Record<string, string>>) {
    const { github } = stage
    const { outputs } = await stage.launch({ ...tenMinutes, ...inputs })
    const machine = stage.machine()
    const held = heldJob(stage, outputs, machine)
    await held.running
    const at = github.runner(outputs.runnerName!)!.id
    for (const what of ['online', 'busy'] as const)
      github.dials[what] = ({ id }) => (id === at ? false : undefined)
    github.dials.deleteBusy = true
    return { ...held, outputs, machine }
  }

  async function expectUnharmed(
    stage: Stage,
    { job, release, outputs, machine }: Awaited<ReturnType<typeof slandered>>,
  ) {
    expect(stage.cloud.calls('destroy')).toEqual([])
    expect(stage.github.runner(outputs.runnerName!)).toMatchObject({ online: true, busy: true })
    await outlives(machine, 20 * minute)
    release()
    await job.completed
    expect(job).toMatchObject({ conclusion: 'success', runnerName: outputs.runnerName })
    await endsIdle(machine, 1)
  }

  story('ends neither the machine nor its job when the next launch tidies up', async (stage) => {
    const working = await slandered(stage, {})
    expectLaunched(await stage.launch(tenMinutes))
    await expectUnharmed(stage, working)
    await endsIdle(stage.machine(1))
  })

  story('nor when the next launch wants the name', async (stage) => {
    const working = await slandered(stage, { name: 'trainer' })
    const { main, post } = await stage.launch({ ...tenMinutes, name: 'trainer' })
    expect([main.exitCode, post?.exitCode]).toEqual([1, 0])
    expect(main.log).toContain('Could not take the runner name trainer')
    expect(stage.cloud.machines).toHaveLength(1)
    await expectUnharmed(stage, working)
  })
})
