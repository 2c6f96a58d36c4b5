import { describe, expect } from '@jest/globals'
import { clouds } from '../../src/clouds/registry.ts'
import type { CloudSide, EmulatedCloud } from '../sides/cloud-side.ts'
import { jointSide, partsOf } from '../sides/joint.ts'
import { cloudSide, everySecond } from '../sides/sides.ts'
import { story, type Stage } from './story.ts'

/** Each cloud once as the first of two, and once as the second. */
const turns = clouds.map(
  ({ name }, index) => [cloudSide(name), cloudSide(clouds[(index + 1) % clouds.length]!.name)] as const,
)

interface Two {
  readonly stage: Stage
  readonly first: EmulatedCloud
  readonly second: EmulatedCloud
  readonly sides: readonly [CloudSide, CloudSide]
}

let told = 0

function onTwo(title: string, tell: (two: Two) => Promise<void>): void {
  for (const sides of everySecond(turns, told++))
    story(
      `${title} (${sides.map(({ name }) => name).join(', then ')})`,
      async (stage) => {
        const [first, second] = partsOf(stage.cloud) as readonly [EmulatedCloud, EmulatedCloud]
        await tell({ stage, first, second, sides })
      },
      { cloud: jointSide(sides) },
    )
}

/** Not given. */
const without = (inputs: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.keys(inputs).map((name) => [name, '']))

const made = ({ machines }: EmulatedCloud): number => machines.length

describe('a launch on two clouds, of which the first has no machine', () => {
  onTwo('gets it at the second, where a job runs on it, and leaves nothing at the first', async (two) => {
    const { stage, first, second, sides } = two
    first.dry()
    const { main, outputs } = await stage.launch({ labels: 'cml' })
    expect(main.exitCode).toBe(0)
    expect(outputs).toMatchObject({ cloud: sides[1].name, instanceType: sides[1].words.type })
    // Some clouds say only of what was made that there is no room for it, and remember it.
    expect([made(first) <= 1, first.leftovers(), made(second)]).toEqual([true, 0, 1])
    const refusal = new RegExp(
      `^No ${sides[0].name} ${sides[0].words.type} on-demand in \\S+?(, \\$[\\d.]+ an hour)?: .*${sides[0].words.empty}.*\\. Next: (${sides[0].name}|${sides[1].name}) `,
      'm',
    )
    expect(main.log).toMatch(refusal)
    expect(main.log).toMatch(new RegExp(`^No ${sides[0].name} .* Next: ${sides[1].name} `, 'm'))
    const summary = main.summary.replaceAll('\\', '')
    expect(summary).toContain(sides[0].words.empty)
    expect(summary).toMatch(new RegExp(`^\\| ${sides[0].name} .*\\| ${sides[1].name} [^|]*\\|$`, 'm'))
    const job = stage.jobFor(outputs, 'echo trained')
    await job.completed
    expect([job.conclusion, job.runnerName]).toEqual(['success', outputs.runnerName])
    await stage.shutDown()
  })

  onTwo('is undone at both when the second has none, either', async ({ stage, sides }) => {
    stage.cloud.dry()
    const { main, post } = await stage.launch()
    expect([main.exitCode, post?.exitCode]).toEqual([1, 0])
    for (const side of sides) expect(main.log).toContain(side.words.empty)
    expect(main.log).toContain('Nothing else is left to try.')
  })

  for (const line of ['No ', 'Created '])
    onTwo(`leaves nothing when it is killed at "${line.trim()}"`, async ({ stage, first, second }) => {
      first.dry()
      second.bootDelay(60_000)
      const step = await stage.prepare({}, { onLine: (text) => void (text.startsWith(line) && kill()) })
      const kill = (): void => void step.child()?.kill('SIGKILL')
      const { signal } = await step.main()
      expect(signal).toBe('SIGKILL')
      expect((await step.post()).exitCode).toBe(0)
      expect([first.leftovers(), second.leftovers()]).toEqual([0, 0])
      await step.dispose()
    })
})

const all = clouds.map(({ name }) => cloudSide(name)) as [CloudSide, CloudSide, CloudSide, ...CloudSide[]]

function onAll(title: string, tell: (stage: Stage, parts: readonly EmulatedCloud[]) => Promise<void>): void {
  story(title, async (stage) => tell(stage, partsOf(stage.cloud)), { cloud: jointSide(all) })
}

/** The first has no machine left, the account may have no more at the second: the next one takes it. */
function refuse([first, second]: readonly EmulatedCloud[]): void {
  first!.dry()
  second!.exhaust()
}

describe(`a launch on ${all.map(({ name }) => name).join(', ')}, of which the first is empty and the second’s quota used up`, () => {
  const [first, second, third, ...others] = all

  onAll(`gets its machine at ${third.name}, where a job runs, and none elsewhere`, async (stage, parts) => {
    refuse(parts)
    const { main, outputs } = await stage.launch({ labels: 'cml' })
    expect([main.exitCode, outputs.cloud, outputs.instanceType]).toEqual([0, third.name, third.words.type])
    for (const [side, word, next] of [
      [first, first.words.empty, second.name],
      [second, second.words.exhausted, third.name],
    ] as const) {
      expect(main.log).toMatch(new RegExp(`^No ${side.name} .*${word}.* Next: ${next} `, 'm'))
      expect(main.summary.replaceAll('\\', '')).toMatch(new RegExp(`^\\| ${side.name} .*${word}`, 'm'))
    }
    const asked = parts.map((part) => part.calls('create').length > 0)
    expect(asked).toEqual([true, true, true, ...others.map(() => false)])
    const job = stage.jobFor(outputs, 'echo trained')
    await job.completed
    expect([job.conclusion, job.runnerName]).toEqual(['success', outputs.runnerName])
    await stage.shutDown()
    expect(parts.map((part) => part.leftovers())).toEqual(parts.map(() => 0))
  })

  onAll(
    `goes on to ${others.map(({ name }) => name).join()} when ${third.name} is empty, too`,
    async (stage, parts) => {
      refuse(parts)
      parts[2]!.dry()
      const { main, outputs } = await stage.launch()
      expect([main.exitCode, outputs.cloud]).toEqual([0, others[0]!.name])
      expect(main.log).toMatch(
        new RegExp(`^No ${third.name} .*${third.words.empty}.* Next: ${others[0]!.name} `, 'm'),
      )
      expect(parts.slice(0, 3).map((part) => part.leftovers())).toEqual([0, 0, 0])
      await stage.shutDown()
      expect(parts.map((part) => part.leftovers())).toEqual(parts.map(() => 0))
    },
  )

  const steps: readonly (readonly [when: string, line: RegExp])[] = [
    ['it begins to look', /Looking for /],
    [`${first.name} refuses`, new RegExp(`^No ${first.name} `)],
    [`${second.name} refuses`, new RegExp(`^No ${second.name} `)],
    [`${third.name} has made it`, /^Created /],
    ['it waits for the runner', /Waiting for runner/],
    ['the machine registers', /registering/],
    ['the runner is online', /is online/],
  ]
  for (const [when, line] of steps)
    onAll(`leaves nothing anywhere when it is killed as ${when}`, async (stage, parts) => {
      refuse(parts)
      let told = false
      const step = await stage.prepare(
        {},
        {
          onLine: (text) => {
            if (!line.test(text)) return
            told = true
            step.child()?.kill('SIGKILL')
          },
        },
      )
      const { signal, exitCode } = await step.main()
      expect((await step.post()).exitCode).toBe(0)
      // That line is a launch's last: it may have handed its machine over before the signal comes, and may be over, too.
      const over = when === 'the runner is online' && step.state()['handed-over'] === 'true'
      expect(told).toBe(true)
      expect(over ? ['SIGKILL', 0] : ['SIGKILL']).toContain(signal ?? exitCode)
      if (over) await stage.shutDown()
      expect(parts.map((part) => part.leftovers())).toEqual(parts.map(() => 0))
      await step.dispose()
    })
})

describe('credentials that one of two clouds does not take', () => {
  onTwo('are a warning while the other can serve, also to what follows', async (two) => {
    const { stage, first, second, sides } = two
    first.deny('create')
    const { main, post, outputs } = await stage.launch()
    expect([main.exitCode, post?.exitCode, outputs.cloud]).toEqual([0, 0, sides[1].name])
    expect(main.log).toContain(sides[0].words.denied)
    expect([made(first), made(second)]).toEqual([0, 1])
    await stage.shutDown()
  })

  onTwo('are an error when neither takes them', async ({ stage, sides }) => {
    stage.cloud.deny('create')
    const { main } = await stage.launch()
    expect(main.exitCode).toBe(1)
    expect(main.log).toContain(sides[1].words.denied)
  })

  onTwo('leave the other to `list` and `stop`, and exit code 1', async ({ stage, first, second, sides }) => {
    const { outputs } = await stage.launch({
      ...without(sides[0].inputs),
      ...sides[1].inputs,
      cloud: sides[1].name,
    })
    first.deny('list')
    const repo = `${stage.github.url}/octo-org/octo-repo`
    const words = ['--cloud', stage.cloud.side.name, '--driver', 'github', '--repo', repo]
    const env = { ...stage.variables, CML_RUNNER_TOKEN: stage.github.token() }
    const listed = await stage.command(['list', ...words], { env })
    expect([listed.code, listed.stdout.includes(outputs.runnerName!)]).toEqual([1, true])
    const stopped = await stage.command(['stop', '--name', outputs.runnerName!, ...words], { env })
    expect(stopped.code).toBe(1)
    expect(second.leftovers()).toBe(0)
  })
})
