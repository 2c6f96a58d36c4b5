import { describe, expect } from '@jest/globals'
import { readdirSync } from 'node:fs'
import { placeLabel } from '../../src/model/runner.ts'
import { usualCloud } from '../sides/sides.ts'
import { idle } from './agent-hours.ts'
import { expectCancelled, gitlabStory, heldGitlabJob, type GitlabStage } from './gitlab-story.ts'
import { elsewhere, tellOfDownload } from './story.ts'
import { expectEnd } from '../ended-as.ts'

const { name: cloudName, forgets = false, leftoversPerMachine } = usualCloud()
const downloadStory = tellOfDownload(gitlabStory)

const nothingLeft = 'nothing of this launch is left.'

describe('a job of GitLab that is cancelled', () => {
  gitlabStory('while GitLab makes the runner, whose token nobody hears', async (stage) => {
    const { gitlab, cloud } = stage
    const cancel = new AbortController()
    let made = false
    gitlab.fault = ({ method, path }) => {
      if (method !== 'POST' || !path.endsWith('/user/runners') || made) return undefined
      made = true
      setImmediate(() => cancel.abort())
      return 'reset-after'
    }
    const result = await stage.launch({}, { cancel: cancel.signal })
    expectCancelled(result)
    expect(made).toBe(true)
    expect(cloud.calls('create')).toEqual([])
    expect(result.afterScript?.log).toContain(nothingLeft)
  })

  gitlabStory('right after the machine was made, by SIGINT', async (stage) => {
    const { cloud } = stage
    const result = await stage.launch(
      {},
      { cancelSignal: 'SIGINT', cancelWhen: (line) => line.startsWith('Created ') },
    )
    expectCancelled(result)
    expect(cloud.machines).toHaveLength(1)
    expect(result.afterScript?.log).toMatch(
      /^1 machine and (?:1 registration|0 registrations) removed; nothing/m,
    )
  })

  gitlabStory('while the machine boots, where no after_script follows a cancel', async (stage) => {
    stage.cloud.bootDelay(60_000)
    const { status, script } = await stage.launch(
      {},
      { env: { CI_SERVER_VERSION: '16.11.10' }, cancelWhen: (line) => line.includes('Waiting for runner') },
    )
    expect(status).toBe('canceled')
    expect(script.log).toContain('Nothing of this launch is left.')
    expect(stage.leftovers()).toEqual({ cloud: 0, forge: 0 })
  })
})

describe('a launch whose job reaches the end of its time', () => {
  gitlabStory('removes what it made in the script, since no after_script follows there', async (stage) => {
    stage.cloud.bootDelay(60_000)
    const began = new Date(Date.now() - 600_000).toISOString()
    const job = stage.prepare(
      {},
      {
        env: { CI_JOB_STARTED_AT: began, CI_JOB_TIMEOUT: '600' },
        cancelWhen: (line) => line.includes('Waiting for runner'),
      },
    )
    const { log } = await job.script()
    expect(log).toContain('Nothing of this launch is left.')
    expect([stage.cloud.machines.length, stage.leftovers()]).toEqual([1, { cloud: 0, forge: 0 }])
    await job.dispose()
  })
})

describe('a command line in a script of one’s own', () => {
  const argv = ['launch', '--cloud', cloudName, '--idle-timeout', '1h']

  gitlabStory(
    'hands over as the component does, and removes before it ends when it is interrupted',
    async (stage) => {
      const { code, stdout, stderr } = await stage.command([...argv, '--name', 'by-hand', '--labels', 'tf'])
      expect([code, stderr]).toEqual([0, expect.stringContaining('Waiting for runner by-hand, labels tf, ')])
      const outputs = JSON.parse(stdout) as Record<string, string>
      expect(outputs).toMatchObject({ runnerName: 'by-hand', cloud: stage.cloud.side.name, spot: false })
      const job = stage.jobFor(outputs, 'echo ran')
      await job.completed
      expect([job.status, job.runnerName]).toEqual(['success', 'by-hand'])
      const cut = await stage.command([...argv, '--name', 'other'], {
        interruptWhen: (log) => log.includes('Created '),
      })
      expect([cut.code, cut.stdout]).toEqual([130, ''])
      expect(stage.leftovers().forge).toBe(1)
      expect(stage.cloud.machines.map(({ billed }) => billed)).toEqual([true, false])
      await stage.shutDown()
    },
  )

  gitlabStory('takes the name of a dead runner, and not that of one in use', async (stage) => {
    const { gitlab } = stage
    const first = await stage.command([...argv, '--name', 'trainer'])
    expect(first.code).toBe(0)
    const elsewhere = { CI_PIPELINE_ID: '9001', CI_JOB_ID: '4001' }
    const second = await stage.command([...argv, '--name', 'trainer'], { env: elsewhere })
    expect([second.code, second.stderr]).toEqual([
      1,
      expect.stringContaining('a runner of that name is online at'),
    ])
    stage.cloud.end(stage.cloud.machines[0]!.id)
    await stage.machine().ended
    // Where no cloud tells of the end, GitLab itself must have heard nothing for long enough.
    if (forgets) gitlab.advance(gitlab.dials.onlineFor)
    const third = await stage.command([...argv, '--name', 'trainer'], { env: elsewhere })
    expect([third.code, third.stderr]).toEqual([
      0,
      expect.stringContaining('Deleted the offline registration of runner trainer.'),
    ])
    expect(gitlab.runners()).toHaveLength(1)
    await stage.shutDown()
  })

  for (const [how, looks] of [
    ['', 0],
    [', also when GitLab’s lists show neither the other’s runner yet', 8],
  ] as const)
    gitlabStory(`that is started twice at once for one job makes one machine${how}`, async (stage) => {
      stage.gitlab.dials.visibleAfterLooks = looks
      const impatient = [...argv, '--launch-timeout', '60s']
      const both = await Promise.all([stage.command(impatient), stage.command(impatient)])
      for (const { code, stderr } of both) expectEnd(code, 0, stderr)
      const living = stage.cloud.machines.filter(({ billed }) => billed).map(({ id }) => id)
      expect(living).toHaveLength(1)
      expect(both.map(({ stdout }) => (JSON.parse(stdout) as { instanceId: string }).instanceId)).toEqual([
        ...living,
        ...living,
      ])
      expect(stage.gitlab.runners()).toMatchObject([{ connected: true }])
      await stage.shutDown()
    })
})

describe('a launch that fails at GitLab', () => {
  /** Everything was taken back by the launch itself. */
  async function expectUndone(
    stage: GitlabStage,
    inputs: Record<string, string>,
    ...parts: readonly (string | RegExp)[]
  ): Promise<void> {
    const { status, script, outputs } = await stage.launch(inputs)
    expect([status, outputs]).toEqual(['failed', {}])
    for (const part of parts) expect(script.log).toMatch(part)
    expect(stage.leftovers()).toEqual({ cloud: 0, forge: 0 })
  }

  gitlabStory('because a publisher names no digest makes nothing', async (stage) => {
    const { gitlab } = stage
    gitlab.serveFile(`${new URL(gitlab.runnerDownloads).pathname}/v19.4.0/release.sha256`, 'nothing here\n')
    await expectUndone(stage, {}, 'gives no SHA-256 for it')
    expect(stage.cloud.machines).toEqual([])
  })

  downloadStory(
    'because a digest is not that of the bytes ends with the machine’s own words',
    async (stage) => {
      const { gitlab } = stage
      const file = 'binaries/gitlab-runner-linux-amd64'
      gitlab.serveFile(`${new URL(gitlab.runnerDownloads).pathname}/v19.4.0/${file}`, 'something else')
      await expectUndone(stage, {}, /the digest of the runner: gitlab-runner: FAILED/)
    },
  )
})

describe('the component’s stop', () => {
  gitlabStory('ends every launch of its pipeline, a busy one too, and no other’s', async (stage) => {
    const { gitlab, cloud } = stage
    const [one, two] = await Promise.all([stage.launch(), stage.launch({ name: 'second' })])
    const other = await stage.launch({}, { env: { CI_PIPELINE_ID: '9001' } })
    expect([one, two, other].map(({ status }) => status)).toEqual(['success', 'success', 'success'])
    const machine = stage.boot.machines.find(({ spec }) => spec.instanceId === one.outputs.CML_INSTANCE_ID)!
    const { running } = heldGitlabJob(stage, one.outputs, machine)
    await running
    const stopped = await stage.run('stop')
    expect([stopped.status, stopped.log]).toEqual([
      'success',
      expect.stringContaining(one.outputs.CML_LABEL!),
    ])
    const alive = cloud.machines.filter(({ billed }) => billed).map(({ id }) => id)
    expect(alive).toEqual([other.outputs.CML_INSTANCE_ID])
    expect(gitlab.runners().map(({ name }) => name)).toEqual([other.outputs.CML_NAME])
    // Again: there is nothing left of this pipeline, and that is success.
    expect((await stage.run('stop')).status).toBe('success')
    const later = { env: { CI_PIPELINE_ID: '9002' } }
    const byId = await stage.run('stop', { 'instance-id': other.outputs.CML_INSTANCE_ID! }, later)
    expectEnd(byId.status, 'success', byId.log)
    expect(stage.leftovers()).toEqual({ cloud: 0, forge: 0 })
  })
})

describe('the component’s sweep', () => {
  /** How long ago the cloud makes machines, ms. */
  let ago = 0

  gitlabStory(
    'takes what has expired and the registrations of machines that are gone, and nothing else',
    async (stage) => {
      const { gitlab, cloud } = stage
      const now = Math.floor(Date.now() / 1000)
      const scope = `${new URL(gitlab.url).host}/octo-group/octo-project`
      const lease = (letter: string, change: object = {}) => ({
        identity: letter.repeat(20) as never,
        run: 'r'.repeat(20) as never,
        scope,
        owner: 'tanuki',
        name: `cml-${letter.repeat(20)}`,
        dueAt: now - 7200,
        nonce: 'a1b2c3',
        expiresAt: now + 7200,
        ...change,
      })
      const region = elsewhere
      const tagsOf = (letter: string, dueAt = now - 7200) => [
        ...['cml-runner-managed', `cml-${letter.repeat(20)}`, placeLabel(cloud.side.name, region)],
        `cml-run-${'r'.repeat(20)}-${dueAt}-a1b2c3`,
      ]
      const expired = cloud.seed(region, lease('a', { expiresAt: now - 60 }))
      const young = cloud.seed(region, lease('y'))
      ago = 7200_000
      const stillborn = cloud.seed(region, lease('b'))
      const foreign = cloud.seed(region, lease('c', { scope: `${scope}-2`, expiresAt: 1 }))
      const living = cloud.seed(region, lease('d'))
      ago = 0
      gitlab.stageRunner({ name: lease('d').name, tags: tagsOf('d') })
      // Never contacted, and long overdue: its launcher died between the registration and the machine.
      gitlab.createRunner({ name: lease('e').name, tags: tagsOf('e') })
      gitlab.createRunner({ name: lease('f').name, tags: tagsOf('f', now + 300) })
      gitlab.stageRunner({ name: 'g', tags: tagsOf('g'), contactedAt: gitlab.now() - 3 * 3600_000 })
      gitlab.createRunner({ name: 'strange', tags: ['cml'] })
      // GitLab calls a runner online for two hours. The machine of one has ended here; that of the other may be in another account.
      const gone = cloud.seed(region, lease('h'))
      cloud.end(gone.id)
      await cloud.until(() => gone.ended)
      gitlab.stageRunner({ name: lease('h').name, tags: tagsOf('h'), online: true })
      gitlab.stageRunner({ name: 'i', tags: tagsOf('i'), online: true })

      const dry = await stage.run('sweep', { 'dry-run': 'true' })
      expect([dry.status, cloud.calls('destroy')]).toEqual(['success', []])
      expect(dry.script.stdout).toContain(expired.id)
      const { status, log } = await stage.run('sweep')
      // Of 'h' nobody can tell where the cloud has forgotten its machine.
      const removed = `Removed 2 machines and ${forgets ? 2 : 3} reg`
      expect([status, log]).toEqual(['success', expect.stringContaining(removed)])
      expect(cloud.machines.filter(({ billed }) => !billed)).toEqual([expired, stillborn, gone])
      expect(cloud.machines.filter(({ billed }) => billed)).toEqual([young, foreign, living])
      expect(gitlab.runners().map(({ name }) => name)).toEqual([
        ...[lease('d').name, lease('f').name],
        ...['strange', ...(forgets ? [lease('h').name] : []), 'i'],
      ])
      const listed = await stage.run('list')
      expect([listed.status, listed.script.stdout]).toEqual(['success', expect.stringContaining(living.id)])
      expect(listed.script.stdout).not.toContain(foreign.id)
    },
    {
      boots: false,
      emulated: { now: () => Date.now() - ago },
      left: { cloud: 3 * leftoversPerMachine, forge: forgets ? 5 : 4 },
    },
  )

  gitlabStory(
    'after a thousand dead runners asks GitLab about no runner of anybody else',
    async (stage) => {
      const { gitlab } = stage
      gitlab.seedRunners(1000)
      const before = gitlab.journal.length
      const { status } = await stage.run('sweep', { 'cloud-region': 'eu-west' })
      expect(status).toBe('success')
      expect(gitlab.journal.length - before).toBeLessThanOrEqual(4)
    },
    { left: { cloud: 0, forge: 1000 } },
  )
})

describe('a job’s folder', () => {
  gitlabStory('has nothing of ours after the job but the reports', async (stage) => {
    const job = stage.prepare()
    await job.script()
    await idle(stage.machine())
    const reports = ['cml-runner-links.json', 'cml-runner.env']
    expect(readdirSync(job.folder).toSorted()).toEqual([`.cml-runner-state-${job.id}.json`, ...reports])
    await job.afterScript()
    expect(readdirSync(job.folder).toSorted()).toEqual(reports)
    await job.dispose()
    await stage.shutDown()
  })
})
