import { describe, expect } from '@jest/globals'
import { milestones, said, story } from './story.ts'

const minutes = 60_000

describe('a life longer than the hour of its registration token', () => {
  story('leaves one offline registration, which the next launch of the scope takes away', async (stage) => {
    const { github } = stage
    const first = await stage.launch({ 'idle-timeout': '8' })
    const job = stage.jobFor(first.outputs, 'echo ran')
    await job.completed
    github.advance(61 * minutes)
    expect(await stage.machine(0).ended).toBe('powered-off')
    expect(stage.machine(0).console()).toContain('the registration could not be removed')
    expect(github.runners()).toMatchObject([{ name: first.outputs.runnerName, online: false }])
    expect(stage.leftovers()).toEqual({ cloud: 0, forge: 1 })

    const second = await stage.launch()
    expect([second.main.exitCode, second.post?.exitCode]).toEqual([0, 0])
    expect(second.post?.log).toContain('Removed 1 offline registration whose machine is gone.')
    expect(github.runners().map(({ name }) => name)).toEqual([second.outputs.runnerName])
    await stage.shutDown()
  })

  story('leaves what is not its own alone', async (stage) => {
    const { github } = stage
    const living = await stage.launch({ name: 'living' })
    const ours = (letter: string, region = 'us-west-1') => [
      `cml-${letter.repeat(20)}`,
      `cml-at-aws-${region}`,
    ]
    const staged = {
      'somebody-elses': { labels: ['cml', 'gpu'] },
      'in-another-region': { labels: ours('a', 'eu-west-1') },
      'about-to-come': { labels: ours('b'), connected: false },
      'at-work': { labels: ours('c'), busy: true },
      corpse: { labels: ours('d') },
    }
    for (const [name, runner] of Object.entries(staged)) github.stageRunner({ name, ...runner })
    // The service has shown working runners as offline (actions/runner issue 3892).
    github.dials.online = ({ name }) => (name === 'living' ? false : undefined)
    const { main, post } = await stage.launch({ name: 'next' })
    expect([main.exitCode, post?.exitCode]).toEqual([0, 0])
    expect(post?.log).toContain('Removed 1 offline registration whose machine is gone.')
    const names = github.runners().map(({ name }) => name)
    expect(names.sort()).toEqual([
      'about-to-come',
      'at-work',
      'in-another-region',
      'living',
      'next',
      'somebody-elses',
    ])
    const job = stage.jobFor(living.outputs, 'echo alive')
    delete (github.dials as { online?: unknown }).online
    github.dials.online = () => undefined
    await job.completed
    expect(job.conclusion).toBe('success')
    await stage.shutDown()
    for (const name of names) github.deleteRunner(name)
  })

  story('does not slow the launch down where a thousand of them lie', async (stage) => {
    const { github } = stage
    github.seedRunners(1000)
    const { main, outputs } = await stage.launch()
    expect(main.exitCode).toBe(0)
    const lists = github.journal.filter(
      ({ path, method }) => method === 'GET' && path.endsWith('/actions/runners'),
    )
    const before = lists.filter(({ query }) => query.name !== undefined)
    const pages = lists.filter(({ query }) => query.name === undefined)
    expect(before.every(({ query }) => query.name === outputs.runnerName)).toBe(true)
    expect(pages.length).toBeLessThanOrEqual(12)
    await stage.shutDown()
    for (const { name } of github.runners()) github.deleteRunner(name)
  })
})

describe('a registration that is deleted behind its runner’s back', () => {
  story('ends the machine, whatever its idle time', async (stage) => {
    const { outputs } = await stage.launch({ 'idle-timeout': 'never' })
    stage.github.deleteRunner(outputs.runnerName!)
    expect(await stage.machine().ended).toBe('powered-off')
    expect(stage.machine().console()).toContain('ending: its registration is gone')
  })

  story('before the runner was online fails the launch, not only its time', async (stage) => {
    const { github } = stage
    github.fault = ({ method, path }) => {
      if (method !== 'POST' || !path.endsWith('/sessions')) return undefined
      for (const { name } of github.runners()) github.deleteRunner(name)
      return undefined
    }
    const { main, outputs } = await stage.launch({ 'launch-timeout': '60m' })
    expect([main.exitCode, outputs]).toEqual([1, {}])
    expect(main.log).toContain('Boot log (end):')
    expect(milestones(stage.machine())).toContain('ending')
  })
})

describe('a registration that GitHub keeps since it believes in a job', () => {
  story('is told by the launch that gives the machine up, and is pruned by a later one', async (stage) => {
    const { github, ec2 } = stage
    const first = await stage.launch({ 'idle-timeout': 'never' })
    const job = stage.jobFor(first.outputs, 'echo begun; sleep 600')
    await job.started
    await said(stage.machine(), 'job-started')
    ec2.end(first.outputs.instanceId!, { code: 'Client.UserInitiatedShutdown', message: 'pulled' })
    await github.until(() => github.runner(first.outputs.runnerName!)?.online === false)
    const second = await stage.launch()
    expect(second.post?.exitCode).toBe(0)
    expect(github.runners()).toHaveLength(2)
    github.advance(15 * minutes)
    await job.completed
    expect(job.conclusion).toBe('failure')
    const third = await stage.launch()
    expect(third.post?.log).toContain('Removed 1 offline registration whose machine is gone.')
    expect(github.runner(first.outputs.runnerName!)).toBeUndefined()
    await stage.shutDown()
  })
})
