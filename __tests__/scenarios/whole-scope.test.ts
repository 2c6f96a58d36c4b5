import { describe, expect } from '@jest/globals'
import type { CloudMachine } from '../sides/cloud-side.ts'
import { runOf } from '../../src/model/identity.ts'
import type { Lease } from '../../src/model/lease.ts'
import { accountLabel, placeLabel, runLabel, uniqueLabel } from '../../src/model/runner.ts'
import { heldJob } from './agent-hours.ts'
import { usualCloud } from '../sides/sides.ts'
import { elsewhere, homeLabel, story, tellIf, type Stage } from './story.ts'

const hour = 3_600
const usual = usualCloud()

/** A launch of three hours ago whose runner was due ten minutes later. */
function leaseOf({ github }: Stage, letter: string, change: Partial<Lease> = {}): Lease {
  const now = Math.floor(Date.now() / 1000)
  return {
    identity: letter.repeat(20),
    run: 'y'.repeat(20),
    scope: `${new URL(github.url).host}/octo-org/octo-repo`,
    owner: 'octocat',
    name: `runner-${letter}`,
    dueAt: now - 3 * hour + 600,
    nonce: 'a1b2c3',
    expiresAt: now + hour,
    ...change,
  }
}

/** The run that steps of these stories are in. */
function ofThisRun(stage: Stage): Lease {
  const lease = leaseOf(stage, 'z')
  const origin = { host: 'github', run: '7100000001', attempt: '', job: '', step: '', owner: '' }
  return { ...lease, run: runOf(origin, lease.scope) }
}

function seed({ cloud }: Stage, lease: Lease, region = cloud.side.words.home): CloudMachine {
  return cloud.seed(region, lease, (lease.dueAt - 600) * 1000)
}

type Flags = { readonly online?: boolean; readonly busy?: boolean; readonly connected?: boolean }

function register(
  { cloud, github }: Stage,
  lease: Lease,
  flags: Flags = {},
  region = cloud.side.words.home,
): void {
  const where = [placeLabel(cloud.side.name, region), accountLabel(cloud.account)]
  const labels = ['cml', uniqueLabel(lease.identity), ...where, runLabel(lease)]
  github.stageRunner({ name: lease.name, labels, ...flags })
}

/** A step with another command, in a job of its own of the same run. */
const step = (stage: Stage, command: string, inputs = {}, rest: Parameters<Stage['launch']>[1] = {}) =>
  stage.launch({ 'idle-timeout': '', command, ...inputs }, rest)

const onTerminal = (stage: Stage, argv: readonly string[], more: Parameters<Stage['command']>[1] = {}) =>
  stage.command(
    [
      ...argv,
      ...[
        '--cloud',
        stage.cloud.side.name,
        '--repo',
        `${stage.github.url}/octo-org/octo-repo`,
        '--token',
        stage.github.token(),
      ],
    ],
    {
      ...more,
      env: { GITHUB_API_URL: stage.github.apiUrl, GITHUB_SERVER_URL: stage.github.url, ...more.env },
    },
  )

const living = ({ cloud }: Stage): string[] =>
  cloud.machines.filter(({ billed }) => billed).map(({ lease }) => lease?.name ?? '')

const registered = ({ github }: Stage): string[] => github.runners().map(({ name }) => name)

/** What is left of machines that were only put there. */
const machines = (count: number): number => count * usual.leftoversPerMachine

/** More regions than one, where there is one that nobody names. */
const several = usual.oneRegion ? [usual.words.home, usual.words.next].join(',') : ''
const inSeveral = several ? { 'cloud-region': several } : {}
const inSeveralThere = several ? ['--cloud-region', several] : []

const still = { boots: false } as const

const storyOfUnreadable = tellIf(
  !usual.readsWhole,
  `on ${usual.name} all regions are read by one question, and none alone is unreadable`,
  story,
)

describe('stop', () => {
  story(
    'in another job of the run ends its launch without any id, and nothing of another run; again, it has nothing to do',
    async (stage) => {
      const { outputs } = await stage.launch()
      const other = leaseOf(stage, 'a')
      seed(stage, other)
      register(stage, other, { online: true })
      const { main, post } = await step(stage, 'stop')
      expect([main.exitCode, post?.exitCode, post?.log]).toEqual([0, 0, ''])
      expect(main.log).toMatch(
        new RegExp(`^Looking in (all \\d+ regions of the account: .*)?${stage.cloud.side.words.home}`, 'm'),
      )
      expect(main.log).toContain(`Removing ${outputs.instanceId} in ${stage.cloud.side.words.home}.`)
      expect(main.log).toContain('Stopped 1 launch: 1 machine and')
      expect([living(stage), registered(stage)]).toEqual([['runner-a'], ['runner-a']])
      const again = await step(stage, 'stop')
      expect([again.main.exitCode, again.post?.exitCode]).toEqual([0, 0])
      expect(again.main.log).toContain('Nothing to stop of this run')
    },
    { left: { cloud: machines(1), forge: 1 } },
  )

  story(
    'ends a machine that works, and names the registration that GitHub keeps for now',
    async (stage) => {
      const { outputs } = await stage.launch()
      const { running } = heldJob(stage, outputs, stage.machine())
      await running
      const { main } = await step(stage, 'stop')
      expect(main.exitCode).toBe(0)
      expect(main.log).toContain(`still believes that runner ${outputs.runnerName} is busy`)
      expect(await stage.machine().ended).toBeDefined()
    },
    // A pod is given the time to take its registration away.
    { left: { cloud: 0, forge: usual.withoutSystem ? 0 : 1 } },
  )

  story(
    'by name and by instance id, from a terminal',
    async (stage) => {
      for (const letter of 'abc') {
        const { home } = stage.cloud.side.words
        // One lease: a second that passes between two would make them two tries.
        const lease = leaseOf(stage, letter)
        const region = letter === 'b' ? elsewhere : home
        seed(stage, lease, region)
        register(stage, lease, { online: true }, region)
      }
      expect(await onTerminal(stage, ['stop'])).toMatchObject({ code: 2, stdout: '' })
      const byName = await onTerminal(stage, ['stop', '--name', 'runner-a'])
      expect([byName.code, byName.stdout, living(stage)]).toEqual([0, '', ['runner-b', 'runner-c']])
      const id = stage.cloud.machines[1]!.id
      const { nobody } = stage.cloud.side.words.ids
      const byId = await onTerminal(stage, ['stop', '--instance-id', `${id},${nobody}`])
      expect(byId.stderr).toContain(`has no machine ${nobody}`)
      expect([byId.code, living(stage), registered(stage)]).toEqual([0, ['runner-c'], ['runner-c']])
    },
    { ...still, left: { cloud: machines(1), forge: 1 } },
  )

  storyOfUnreadable(
    'ends what it can while one region cannot be read, and fails with the name of that region',
    async (stage) => {
      stage.cloud.deny('list', stage.cloud.side.words.next)
      seed(stage, leaseOf(stage, 'a'))
      const { code, stderr } = await onTerminal(stage, ['stop', '--name', 'runner-a', ...inSeveralThere])
      expect(code).toBe(1)
      expect(stderr).toContain(`1 could not be read: ${stage.cloud.side.words.next}`)
      expect(living(stage)).toEqual([])
    },
    still,
  )

  story(
    'that is cancelled dies at once, and its post step goes on with it',
    async (stage) => {
      const { cloud } = stage
      seed(stage, ofThisRun(stage))
      const cancel = new AbortController()
      cloud.fault = ({ verb }) => {
        if (verb !== 'destroy') return undefined
        cancel.abort()
        return 'reset-before'
      }
      const cut = await stage.prepare({ 'idle-timeout': '', command: 'stop' }, { cancel: cancel.signal })
      const main = await cut.main()
      cloud.fault = undefined
      const post = await cut.post()
      await cut.dispose()
      expect([main.exitCode, main.signal]).toEqual([130, null])
      expect(main.log).toContain('Interrupted by SIGINT. The post step goes on with the stop.')
      expect(main.log).not.toContain('##[error]')
      expect(post.exitCode).toBe(0)
      expect(post.log).toContain('Stopped 1 launch: 1 machine')
    },
    still,
  )

  story(
    'that is cut before it could leave any state is made by its post step',
    async (stage) => {
      seed(stage, ofThisRun(stage))
      const cut = await stage.prepare(
        { 'idle-timeout': '', command: 'stop' },
        { onSpawn: (child, stage) => void (stage === 'main' && child.kill('SIGKILL')) },
      )
      expect((await cut.main()).signal).toBe('SIGKILL')
      expect(cut.state()).toEqual({})
      expect((await cut.post()).log).toContain('Stopped 1 launch')
      await cut.dispose()
    },
    still,
  )

  story(
    'of a terminal finishes after the first Ctrl-C, and at the second tells what may be left',
    async (stage) => {
      const { cloud } = stage
      const patient = seed(stage, leaseOf(stage, 'a'))
      const first = await onTerminal(stage, ['stop', '--instance-id', patient.id], {
        interruptWhen: (log) => log.includes('Removing '),
      })
      expect([first.code, living(stage)]).toEqual([0, []])
      expect(first.stderr).toContain('Told to end: the removal is finished first. A second signal ends')
      const stuck = seed(stage, leaseOf(stage, 'b'))
      let tries = 0
      const again = new Promise<void>((resolve) => {
        cloud.fault = ({ verb }) => {
          if (verb !== 'destroy') return undefined
          if (++tries === 3) resolve()
          return '5xx'
        }
      })
      const second = await onTerminal(stage, ['stop', '--instance-id', stuck.id], {
        interruptWhen: () => tries > 0 || cloud.calls('destroy').length > 1,
        interruptAgain: again.then(() => undefined),
      })
      expect(second.code).toBe(130)
      expect(second.stderr).toContain(`Remove it with: ${cloud.side.words.removal(stuck)}`)
    },
    { ...still, left: { cloud: machines(1), forge: 0 } },
  )

  story(
    'of a terminal that is told to end twice before it has looked names what finds the rest',
    async (stage) => {
      const { cloud } = stage
      const asked = new Promise<void>((resolve) => {
        cloud.hold = () => (resolve(), new Promise<void>((answer) => (release = answer)))
      })
      let release = (): void => undefined
      const { code, stderr } = await onTerminal(stage, ['stop', '--name', 'trainer'], {
        // The second one, at the answer to the first.
        interruptWhen: (log) => log.includes('Told to end'),
        interruptAgain: asked,
      })
      release()
      expect(code).toBe(130)
      expect(stderr).toContain('Nothing was looked at yet')
      expect(stderr).toContain('The same command finds')
    },
    still,
  )

  story(
    'in CI without a post step gives up within the time that is left, and tells what is unconfirmed',
    async (stage) => {
      const { cloud } = stage
      const stuck = seed(stage, leaseOf(stage, 'a'))
      cloud.fault = ({ verb }) => (verb === 'destroy' ? '5xx' : undefined)
      const { code, stderr } = await onTerminal(stage, ['stop', '--instance-id', stuck.id], {
        env: { CI: 'true' },
        interruptWhen: (log) => log.includes('Looking in '),
      })
      expect(code).toBe(130)
      expect(stderr).toContain(cloud.side.words.removal(stuck))
    },
    { ...still, left: { cloud: machines(1), forge: 0 } },
  )
})

describe('sweep', () => {
  const corpses = 1_200

  /** Everything that a sweep meets. Returns the names it has to leave. `grave`: the region of machines that are gone. */
  function populate(
    stage: Stage,
    grave = usual.oneRegion ? elsewhere : usual.words.next,
  ): { readonly machines: string[]; readonly runners: string[] } {
    const now = Math.floor(Date.now() / 1000)
    const put = (letter: string, change: Partial<Lease>, flags?: Flags, region?: string): void => {
      const lease = leaseOf(stage, letter, change)
      seed(stage, lease, region)
      if (flags) register(stage, lease, flags, region)
    }
    put('a', { expiresAt: now - 60 }, { online: true, busy: false })
    put('b', { expiresAt: now - 60, name: 'in-europe' }, { online: false }, elsewhere)
    put('c', {})
    put('d', {}, { online: true })
    put('e', {}, { online: false, busy: false })
    put('f', {}, { online: false, connected: false })
    put('g', { dueAt: now - 300 })
    put('h', { scope: 'github.com/somebody/else', expiresAt: now - 60 })
    stage.cloud.seed(stage.cloud.side.words.home, undefined, 0)
    stage.cloud.seedHalf(stage.cloud.side.words.home, 0)
    const dead = leaseOf(stage, 'i')
    stage.github.seedRunners(corpses, {
      prefix: 'dead',
      labels: [
        ...[uniqueLabel(dead.identity), placeLabel(stage.cloud.side.name, grave)],
        ...[accountLabel(stage.cloud.account), runLabel(dead)],
      ],
    })
    register(stage, leaseOf(stage, 'j', { dueAt: now + 300 }), { connected: false })
    stage.github.stageRunner({ name: 'theirs', labels: ['gpu', homeLabel(stage)] })
    const kept = ['d', 'e', 'f'].map((letter) => `runner-${letter}`)
    return {
      machines: [...kept, 'runner-g', 'runner-h', '', ''],
      runners: [...kept, 'runner-j', 'theirs'],
    }
  }

  const left = { cloud: machines(7), forge: 5 }

  story(
    'ends what has expired or never came online, takes away any number of dead registrations, and touches nothing else',
    async (stage) => {
      const { cloud } = stage
      const { home, ids } = cloud.side.words
      const kept = populate(stage)
      // Nothing is needed but to look and to end.
      for (const verb of ['console', 'create', 'resolve'] as const) cloud.deny(verb)
      const before = [living(stage), registered(stage)]
      const rehearsal = await onTerminal(stage, ['sweep', '--dry-run'])
      expect(rehearsal.code).toBe(0)
      expect(rehearsal.stdout).toMatch(
        new RegExp(`runner-a +${home}[\\w-]* +${ids.begin}\\S+ +octocat +expired\\n`),
      )
      expect(rehearsal.stdout).toMatch(/runner-c .* never online\n/)
      expect(rehearsal.stdout.match(/its machine is gone/g)).toHaveLength(corpses)
      expect([living(stage), registered(stage)]).toEqual(before)
      expect(cloud.calls('destroy')).toEqual([])

      const { main, post } = await step(stage, 'sweep')
      expect([main.exitCode, post?.log]).toEqual([0, ''])
      expect(main.log).toContain(`Removed 3 machines and ${corpses} registration`)
      expect(main.summary).toContain(`| runner-a | ${home}`)
      expect([living(stage), registered(stage)]).toEqual([kept.machines, kept.runners])
    },
    { ...still, left },
  )

  storyOfUnreadable(
    'does the rest when a region cannot be read, leaves what is there, and fails',
    async (stage) => {
      populate(stage, usual.words.next)
      stage.cloud.deny('list', stage.cloud.side.words.next)
      const { main } = await step(stage, 'sweep', inSeveral)
      expect(main.exitCode).toBe(1)
      expect(main.log).toContain(`1 could not be read: ${stage.cloud.side.words.next}`)
      expect(main.log).toContain('Removed 3 machines and 0 registrations')
      expect(stage.github.runners()).toHaveLength(left.forge + corpses)
    },
    { ...still, left: { ...left, forge: left.forge + corpses } },
  )

  story(
    'that is cancelled dies at once and leaves its post step nothing to do',
    async (stage) => {
      const now = Math.floor(Date.now() / 1000)
      seed(stage, leaseOf(stage, 'a', { expiresAt: now - 60 }))
      const cancel = new AbortController()
      stage.cloud.fault = ({ verb }) => {
        if (verb !== 'destroy') return undefined
        cancel.abort()
        return 'unheard'
      }
      const { main, post } = await step(stage, 'sweep', {}, { cancel: cancel.signal })
      expect([main.exitCode, main.signal, post?.exitCode, post?.log]).toEqual([130, null, 0, ''])
      expect(main.log).toMatch(/Interrupted by SIGINT\.$/m)
      expect(main.log).not.toContain('##[error]')
    },
    still,
  )

  story(
    'looks in the regions that are named only, and needs not ask which there are',
    async (stage) => {
      const now = Math.floor(Date.now() / 1000)
      seed(stage, leaseOf(stage, 'a', { expiresAt: now - 60 }), stage.cloud.side.words.other)
      // Who names none means one there, or has to ask which there are.
      if (!usual.oneRegion) stage.cloud.deny('regions')
      const named = await step(stage, 'sweep', { 'cloud-region': stage.cloud.side.words.home })
      expect(named.main.exitCode).toBe(0)
      expect(named.main.log).toContain(`Looking in ${stage.cloud.side.words.home}.`)
      const all = await step(stage, 'sweep')
      expect(all.main.exitCode).toBe(usual.oneRegion ? 0 : 1)
      expect(all.main.log).toMatch(
        usual.oneRegion ? `Looking in ${usual.words.home}.` : /\[error\][\s\S]*`cloud-region`/,
      )
    },
    { ...still, left: { cloud: machines(1), forge: 0 } },
  )
})

describe('list', () => {
  story(
    'shows every machine of the scope with what the forge says of its runner: a table, JSON, the job’s page',
    async (stage) => {
      const { home, ids } = stage.cloud.side.words
      const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((letter) => leaseOf(stage, letter)) as [
        Lease,
        Lease,
        Lease,
        Lease,
      ]
      seed(stage, a)
      seed(stage, b, elsewhere)
      seed(stage, c)
      register(stage, a, { online: true })
      register(stage, b, { online: true, busy: true }, elsewhere)
      register(stage, d)
      stage.cloud.seed(home, undefined)
      const table = await onTerminal(stage, ['list'])
      const lines = table.stdout.trimEnd().split('\n')
      expect([table.code, lines.length]).toEqual([0, 5])
      expect(lines[0]).toMatch(/^NAME +STATE +PLACE +TYPE +MARKET +INSTANCE +AGE +COST +ENDS +OWNER$/)
      for (const row of [
        new RegExp(
          `^runner-a +idle +${home}[\\w-]* +\\S+ +on-demand +${ids.begin}\\S+ +3h \\d+m +(\\$\\d+\\.\\d\\d|-) +in 59m +octocat$`,
        ),
        new RegExp(`^runner-b +busy +${elsewhere}[\\w-]* `),
        /^runner-c +silent /,
        new RegExp(`^runner-d +gone +${home} +- `),
      ])
        expect(lines.filter((line) => row.test(line))).toHaveLength(1)
      const json = await onTerminal(stage, ['list', '--json', '--cloud-region', elsewhere])
      const shown = (JSON.parse(json.stdout) as { name: string }[]).filter(
        ({ name }) => name === 'runner-b' || !usual.oneRegion,
      )
      expect(shown).toEqual([
        expect.objectContaining({ name: 'runner-b', state: 'busy', label: `cml-${'b'.repeat(20)}` }),
      ])
      const { main, post } = await step(stage, 'list')
      expect([main.exitCode, post?.log]).toEqual([0, ''])
      expect(main.log).toContain('runner-a  idle')
      expect(main.summary).toContain('| runner-c | silent | ')
      expect(living(stage)).toHaveLength(4)
    },
    { ...still, left: { cloud: machines(4), forge: 3 } },
  )

  storyOfUnreadable(
    'shows what it could read, and fails for what it could not',
    async (stage) => {
      seed(stage, leaseOf(stage, 'a'))
      stage.cloud.deny('list', stage.cloud.side.words.next)
      const { code, stdout, stderr } = await onTerminal(stage, ['list', ...inSeveralThere])
      expect([code, stdout.includes('runner-a')]).toEqual([1, true])
      expect(stderr).toContain(`1 could not be read: ${stage.cloud.side.words.next}`)
    },
    { ...still, left: { cloud: machines(1), forge: 0 } },
  )
})
