import { describe, expect } from '@jest/globals'
import { accountLabel } from '../../src/model/runner.ts'
import type { GithubEmulator } from '../emulators/github/github.ts'
import { endsIdle, heldJob, minute, outlives, tenMinutes } from './agent-hours.ts'
import { homeLabel, story, type Stage } from './story.ts'

const hour = 60 * minute

/** A token in time: what the forge's clock says is what the machine's clock says. */
function passTime({ github, machine }: Stage, seconds: number, index = 0): void {
  github.advance(seconds * 1000)
  machine(index).passTime(seconds)
}

/** Labels of a runner of ours as such, whoever it was. */
const ours = (letter: string, place: string): string[] => [`cml-${letter.repeat(20)}`, `cml-at-${place}`]

const namesOf = (github: GithubEmulator): string[] => github.runners().map(({ name }) => name)

/** Pages of the whole list that were asked for so far. */
const listings = ({ journal }: GithubEmulator): number =>
  journal.filter(
    ({ method, path, query }) => method === 'GET' && path.endsWith('/actions/runners') && !query.name,
  ).length

/** A launch whose machine lives longer than its registration token, and then ends. */
async function longLife(stage: Stage): Promise<string> {
  const { outputs } = await stage.launch(tenMinutes)
  const { job, running, release } = heldJob(stage, outputs, stage.machine())
  await running
  passTime(stage, hour + minute)
  await outlives(stage.machine(), 0)
  release()
  await job.completed
  expect(job.conclusion).toBe('success')
  await endsIdle(stage.machine(), 1)
  return outputs.runnerName!
}

describe('the registration of a machine that outlived its token', () => {
  const strangers = 1000

  story(
    'stays as one corpse, and is gone after the next launch; nobody else’s is touched',
    async (stage) => {
      const { github, cloud } = stage
      github.seedRunners(strangers)
      const { name: at, words } = cloud.side
      const [here, there] = [`${at}-${words.home}`, `${at}-${words.other}`]
      const others = {
        theirs: ['gpu', homeLabel(stage)],
        'in-another-region': ours('a', there),
        'on-another-cloud': ours('b', 'elsewhere-us-west1'),
        'in-another-account': [...ours('e', here), accountLabel('444455556666')],
        'in-whichever-account': ours('f', here),
      }
      for (const [name, labels] of Object.entries(others)) github.stageRunner({ name, labels })
      github.stageRunner({
        name: 'never-connected',
        labels: ours('c', here),
        connected: false,
      })
      const before = namesOf(github)
      expect(before).toHaveLength(strangers + 6)

      const corpse = await longLife(stage)
      expect([stage.leftovers().cloud, github.runner(corpse)?.online]).toEqual([0, false])
      expect(namesOf(github)).toEqual([...before, corpse])
      // The machine knows when its token is over, and does not try.
      expect(github.journal.filter(({ path }) => path.endsWith('/runner-registration'))).toHaveLength(1)

      // A machine that works while GitHub shows its runner as offline and idle.
      const { outputs: living } = await stage.launch(tenMinutes)
      expect(namesOf(github)).toEqual([...before, living.runnerName])
      github.stageRunner({
        name: 'dead-too',
        labels: [...ours('d', here), accountLabel(cloud.account)],
      })
      github.dials.online = ({ name }) => (name === living.runnerName ? false : undefined)

      const pages = listings(github)
      // Launches of one run leave the tidying up to one of them.
      const next = await stage.launch(tenMinutes, { env: { GITHUB_RUN_ID: '7100000003' } })
      expect(listings(github) - pages).toBeLessThanOrEqual(12)
      expect(next.post?.log).toContain('Removed 1 offline registration whose machine is gone.')
      expect(namesOf(github)).toEqual([...before, living.runnerName, next.outputs.runnerName])
      expect(cloud.calls('destroy')).toEqual([])
      await Promise.all([1, 2].map((index) => endsIdle(stage.machine(index))))
      expect(namesOf(github)).toEqual(before)
    },
    { left: { cloud: 0, forge: strangers + 6 } },
  )
})

describe('a machine that vanished with its job', () => {
  story(
    'leaves a registration that GitHub keeps while it hopes for the job, and that goes with a later launch',
    async (stage) => {
      const { github, cloud } = stage
      const { outputs } = await stage.launch(tenMinutes)
      const { job, running } = heldJob(stage, outputs, stage.machine())
      await running
      cloud.end(outputs.instanceId!)
      await stage.machine().ended
      await github.until(() => !github.runner(outputs.runnerName!)?.online)

      const second = await stage.launch(tenMinutes)
      expect(second.post?.exitCode).toBe(0)
      expect(github.runner(outputs.runnerName!)).toMatchObject({ online: false, busy: true })

      github.advance(11 * minute * 1000)
      await job.completed
      expect(job.conclusion).toBe('failure')
      expect(job.annotations.join()).toContain('lost communication with the server')
      const third = await stage.launch(tenMinutes, { env: { GITHUB_RUN_ID: '7100000003' } })
      expect(third.post?.log).toContain('Removed 1 offline registration whose machine is gone.')
      expect(namesOf(github)).toEqual([second, third].map((launch) => launch.outputs.runnerName))
      await Promise.all([1, 2].map((index) => endsIdle(stage.machine(index))))
    },
  )
})
