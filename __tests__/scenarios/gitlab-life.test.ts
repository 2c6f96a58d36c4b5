import { describe, expect } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { descendants } from '../emulators/github/program/processes.ts'
import { commandsOf, environmentOf } from '../emulators/machine/processes.ts'
import { endsIdle, idle, minute, outlives, passLifetime, tenMinutes } from './agent-hours.ts'
import { gitlabStory, heldGitlabJob, runnerTokenOf, type GitlabStage } from './gitlab-story.ts'
import { filesOn, sentTo } from './on-machine.ts'
import { expectEnd } from '../ended-as.ts'
import { tellOfSystem } from './story.ts'

const systemStory = tellOfSystem(gitlabStory)

/** Everything that can be read on a machine: its files, and the arguments of what runs there. */
function textsOf(stage: GitlabStage): string {
  const machine = stage.machine()
  return JSON.stringify([
    filesOn(machine, stage.cloud.side.name),
    commandsOf(machine.processes()),
    machine.commands,
    machine.console(),
    machine.journal,
    machine.log,
  ])
}

describe('a whole life at GitLab', () => {
  gitlabStory(
    'a job of the same pipeline runs on the machine by its tag, and its runner takes itself away',
    async (stage) => {
      const { gitlab } = stage
      const { script, outputs } = await stage.launch({
        labels: 'tf,cr-$CI_PIPELINE_ID',
        ...tenMinutes,
      })
      expect(outputs.CML_LABELS).toMatch(new RegExp(`^tf,cr-9000,${outputs.CML_LABEL},`))
      expect(outputs.CML_RUNS_ON).toBe(JSON.stringify([outputs.CML_LABEL]))
      expect(JSON.parse(script.stdout)).toMatchObject({
        instanceId: outputs.CML_INSTANCE_ID,
        label: outputs.CML_LABEL,
      })
      expect(gitlab.runner(outputs.CML_NAME!)).toMatchObject({
        scope: 'projects/octo-group/octo-project',
        locked: true,
        runUntagged: false,
        paused: false,
        connected: true,
      })
      // As the other job of the same pipeline, whose tag was known before anything was launched.
      const job = gitlab.queueJob({
        name: 'train',
        tags: ['cr-9000'],
        script: ['echo trained on "$CI_RUNNER_DESCRIPTION"'],
      })
      const untagged = gitlab.queueJob({ name: 'lint', tags: [], script: ['true'] })
      await job.completed
      expect([job.status, job.runnerName]).toEqual(['success', outputs.CML_NAME])
      expect(job.output).toContain(`trained on ${outputs.CML_NAME}\n`)
      const { withoutSystem } = stage.cloud.side
      expect(job.output).toContain(
        withoutSystem ? 'Using Shell (bash) executor' : 'Using Docker executor with image ubuntu:24.04',
      )
      expect(job.checksumMatches).toBe(true)
      await endsIdle(stage.machine(), 1)
      expect(untagged.status).toBe('pending')
      // It took its registration away itself, with its own token, and unregistered no mere manager.
      const removals = gitlab.journal.filter(({ method }) => method === 'DELETE')
      expect(removals.map(({ path, body }) => [path, body])).toEqual([
        ['/api/v4/runners', { token: runnerTokenOf(stage) }],
      ])
    },
  )

  gitlabStory(
    'no secret of the launching job leaves it; the machine has its own token alone',
    async (stage) => {
      const { gitlab, cloud } = stage
      const argv: string[][] = []
      let shell = 0
      const look = (): void => void argv.push(...commandsOf(descendants(shell)))
      const job = stage.prepare({}, { onLine: look, onSpawn: ({ pid = 0 }) => void (shell = pid) })
      const script = await job.script()
      const afterScript = await job.afterScript()
      const outputs = await job.outputs()
      const state = readdirSync(job.folder, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => readFileSync(join(job.folder, name), 'utf8'))
        .join('\n')
      const train = stage.jobFor(outputs, 'env; cat /proc/$PPID/environ | tr "\\0" "\\n"')
      await train.completed
      const token = runnerTokenOf(stage)
      const sent = sentTo(stage.machine())
      const machineHas = textsOf(stage)
      const seen = {
        written: [script.raw, afterScript.raw].join('\n'),
        state,
        outputs: JSON.stringify(outputs),
        argv: JSON.stringify(argv),
        cloud: cloud.snapshot(),
        machine: machineHas,
        console: stage.machine().console(),
      }
      expect(seen.argv).toContain('dist/cli.js')
      expect(train.output).toContain('CI_JOB_NAME=train')
      expect(sent).toContain(token)
      const project = [gitlab.token(), ...cloud.secrets]
      const leaks = (text: string, secrets: readonly string[]) =>
        secrets.filter((secret) => text.replaceAll('\\', '').includes(secret))
      for (const [where, text] of Object.entries({ ...seen, sent, train: train.output }))
        expect([where, leaks(text, [...project, 'glcbt-64_jobtoken'])]).toEqual([where, []])
      for (const [where, text] of Object.entries(seen))
        expect([where, leaks(text, [token])]).toEqual([where, []])
      // The program has it in its environment, where its user and root can read it, and nobody else has.
      const holders = stage
        .machine()
        .processes()
        .filter((pid) => Object.values(environmentOf(pid)).includes(token))
      expect(holders).toHaveLength(1)
      await job.dispose()
      await stage.shutDown()
    },
  )

  gitlabStory('the page of the job that launches leads to the machine and to its runner', async (stage) => {
    const { gitlab, cloud } = stage
    const { links } = await stage.launch()
    const [machine] = cloud.machines
    const [{ id, name } = { id: 0, name: '' }] = gitlab.runners()
    const page = cloud.side.words.page(machine!)
    expect(links).toEqual({
      ...(page ? { [`Machine ${machine!.id} (${cloud.side.name}, ${machine!.region})`]: page } : {}),
      [`Runner ${name}`]: `${gitlab.variables['CI_PROJECT_URL']}/-/runners/${id}`,
    })
    await stage.shutDown()
  })

  gitlabStory(
    'a machine outlives jobs that fail and long waits for less than its idle time',
    async (stage) => {
      const { outputs } = await stage.launch(tenMinutes)
      const machine = stage.machine()
      await idle(machine)
      const failing = stage.jobFor(outputs, 'exit 3')
      await failing.completed
      expect([failing.status, failing.failureReason, failing.exitCode]).toEqual([
        'failed',
        'script_failure',
        3,
      ])
      await idle(machine, 1)
      expect(machine.console()).toMatch(/ job-ended: train \(job \d+\): failed, script_failure$/m)
      const { job, running, release } = heldGitlabJob(stage, outputs, machine)
      await running
      await outlives(machine, 20 * minute)
      release()
      await job.completed
      expect(job.status).toBe('success')
      await endsIdle(machine, 2)
    },
  )

  gitlabStory(
    'a job that waits already, with the tag that both sides compute, is taken before the launch has ended',
    async (stage) => {
      const { gitlab } = stage
      const job = gitlab.queueJob({ name: 'train', tags: ['cr-9000'], script: ['sleep 4', 'echo done'] })
      const { status, outputs } = await stage.launch({ labels: 'cr-$CI_PIPELINE_ID', single: 'true' })
      expect([status, job.runnerName]).toEqual(['success', outputs.CML_NAME])
      await job.completed
      expect([job.status, job.output]).toEqual(['success', expect.stringContaining('done\n')])
      expect(await stage.machine().ended).toBe(stage.cloud.side.ownEnd)
      expect(ending(stage)).toBe('its job is done')
    },
  )

  gitlabStory(
    'works for a group, whose projects all reach the machine',
    async (stage) => {
      const { gitlab } = stage
      const { outputs, script } = await stage.launch({ repo: `${gitlab.url}/octo-group` })
      expect(warnings(script.log, stage)).toEqual([])
      expect(gitlab.runner(outputs.CML_NAME!)).toMatchObject({ scope: 'groups/octo-group' })
      const job = gitlab.queueJob({
        name: 'train',
        tags: [outputs.CML_LABEL!],
        script: ['echo "$CI_PROJECT_PATH"'],
        project: 'octo-group/deep/other',
      })
      await job.completed
      expect(job.output).toContain('octo-group/deep/other\n')
      await stage.shutDown()
    },
    { gitlab: { projects: ['octo-group/octo-project', 'octo-group/deep/other'] } },
  )

  gitlabStory(
    'works for a GitLab below a path of its host, from its own job and from anywhere',
    async (stage) => {
      const { gitlab } = stage
      expect(gitlab.url).toMatch(/\/git\/lab$/)
      const { outputs } = await stage.launch()
      const job = stage.jobFor(outputs, 'echo "$CI_API_V4_URL"')
      await job.completed
      expect(job.output).toContain(`${gitlab.apiUrl}\n`)
      const asked = ['--driver', 'gitlab', '--repo', `${gitlab.url}/octo-group/octo-project`]
      const elsewhere = await stage.terminal([
        ...asked,
        '--cloud',
        stage.cloud.side.name,
        '--token',
        gitlab.token(),
      ])
      expectEnd(elsewhere.code, 0, elsewhere.stderr)
      const second = stage.jobFor(JSON.parse(elsewhere.stdout) as Record<string, string>, 'echo hi')
      await second.completed
      expect(second.status).toBe('success')
      await stage.shutDown()
    },
    { gitlab: { path: '/git/lab' } },
  )
})

/** What a launch is warned of, save of an option that each launch on this cloud is given. */
function warnings(log: string, { cloud }: GitlabStage): readonly string[] {
  const always = Object.keys(cloud.side.inputs)
  return log
    .split('\n')
    .filter((line) => /warning/i.test(line) && !always.some((name) => line.includes(name)))
}

const ending = ({ machine }: GitlabStage): string | undefined =>
  /^cml-runner \d+ ending: (.*)$/m.exec(machine().console())?.[1]

describe('the machine of a launch at GitLab', () => {
  gitlabStory('that the spot market takes ends its job so that GitLab knows why', async (stage) => {
    const { gitlab, cloud } = stage
    const { outputs } = await stage.launch({ 'cloud-spot': 'true' })
    expect(outputs.CML_SPOT).toBe(cloud.side.withoutSpot ? 'false' : 'true')
    const { job, running } = heldGitlabJob(stage, outputs, stage.machine())
    await running
    cloud.interrupt(outputs.CML_INSTANCE_ID!)
    await job.completed
    expect([job.status, job.failureReason]).toEqual(['failed', 'runner_interrupted'])
    expect(await stage.machine().ended).toBe(stage.cloud.side.ownEnd)
    expect(stage.machine().console()).toContain(` interrupted: ${cloud.side.words.takenBack}`)
    expect(gitlab.runners()).toEqual([])
  })

  gitlabStory(
    'fails a job that takes longer than GitLab lets it, with that reason, and has the next one',
    async (stage) => {
      const { outputs } = await stage.launch(tenMinutes)
      const long = stage.jobFor(outputs, 'sleep 600', { timeout: 1 })
      await long.completed
      expect([long.status, long.failureReason]).toEqual(['failed', 'job_execution_timeout'])
      expect(long.output).toContain('execution took longer than 1s seconds')
      const next = stage.jobFor(outputs, 'echo next')
      await next.completed
      expect(next.status).toBe('success')
      await endsIdle(stage.machine(), 2)
    },
  )

  gitlabStory('ends with its lifetime, and its job as interrupted', async (stage) => {
    const { gitlab } = stage
    const { outputs } = await stage.launch({ 'max-lifetime': '10m', 'idle-timeout': 'never' })
    expect(gitlab.runner(outputs.CML_NAME!)?.maximumTimeout).toBe(600)
    const machine = stage.machine()
    const { job, running } = heldGitlabJob(stage, outputs, machine)
    await running
    const words = passLifetime(stage, machine, 10 * minute)
    expect(await machine.ended).toBe(stage.cloud.side.ownEnd)
    await job.completed
    expect(job.status).toBe('failed')
    expect(machine.console()).toContain(words)
  })

  gitlabStory(
    'vanishes with its job, and the next launch forgets its runner, whatever GitLab believes of it',
    async (stage) => {
      const { gitlab, cloud } = stage
      const { outputs } = await stage.launch(tenMinutes)
      const { job, running } = heldGitlabJob(stage, outputs, stage.machine())
      await running
      cloud.end(outputs.CML_INSTANCE_ID!)
      await stage.machine().ended
      // GitLab calls it online for two hours from its last contact, and busy until it drops the job.
      expect(gitlab.runner(outputs.CML_NAME!)).toMatchObject({ connected: true, busy: true })
      const removed = /^Removed 1 .*registration whose machine is gone\.$/m
      const names = (): string[] => gitlab.runners().map(({ name }) => name)
      const second = await stage.launch(tenMinutes)
      if (cloud.side.forgets) expect(names()).toEqual([outputs.CML_NAME, second.outputs.CML_NAME])
      else {
        expect(second.afterScript?.log).toMatch(removed)
        expect(names()).toEqual([second.outputs.CML_NAME])
      }
      gitlab.advance(gitlab.dials.stuckAfter + 60_000)
      await job.completed
      expect([job.status, job.failureReason]).toEqual(['failed', 'no_updates_running'])
      await stage.shutDown()
      if (!cloud.side.forgets) return
      // Where no cloud tells of the end, GitLab itself must have heard nothing for long enough.
      gitlab.advance(gitlab.dials.onlineFor)
      const third = await stage.launch(tenMinutes)
      expect(third.afterScript?.log).toMatch(removed)
      expect(names()).toEqual([third.outputs.CML_NAME])
      await stage.shutDown()
    },
  )

  gitlabStory('runs its jobs in a shell when asked to', async (stage) => {
    const { outputs } = await stage.launch({ executor: 'shell' })
    const job = stage.jobFor(outputs, 'echo "I am $(id -un) in $PWD"')
    await job.completed
    expect(job.output).toContain('Using Shell (bash) executor')
    await stage.shutDown()
  })

  systemStory(
    'has the image and volumes that were asked for, and the architecture of its type',
    async (stage) => {
      const { outputs } = await stage.launch({
        'docker-image': 'python:3.13',
        'docker-volumes': '/data:/data:ro,/scratch',
        'cloud-type': stage.cloud.side.words.armType,
      })
      const words = commandsOf(stage.machine().processes()).find((line) => line.includes('run-single')) ?? []
      expect(words).toEqual(
        expect.arrayContaining([
          '--docker-image=python:3.13',
          '--docker-volumes=/data:/data:ro',
          '--docker-volumes=/scratch',
        ]),
      )
      const fetched = stage.gitlab.journal
        .filter(({ side, path }) => side === 'files' && !/sum|sha256/i.test(path))
        .map(({ path }) => path)
      expect(fetched).toEqual([
        expect.stringMatching(/gitlab-runner-linux-arm64$/),
        expect.stringMatching(/linux-arm64\.tar\.gz$/),
      ])
      expect(outputs.CML_INSTANCE_TYPE).toBe(stage.cloud.side.words.armType)
      await stage.shutDown()
    },
  )
})

/** The launch fails with one message that holds all of these parts, and nothing was made anywhere. */
async function expectRefused(
  stage: GitlabStage,
  token: string,
  parts: readonly string[],
  inputs: Record<string, string> = {},
): Promise<void> {
  const { script, afterScript, status } = await stage.launch(inputs, { secrets: { GITLAB_TOKEN: token } })
  expect([status, afterScript?.exitCode]).toEqual(['failed', 0])
  expect(script.log.match(/error: /g)).toHaveLength(1)
  for (const part of parts) expect(script.log).toContain(part)
  expect(script.raw).not.toContain(token)
  expect(stage.cloud.machines).toEqual([])
  expect(stage.gitlab.runners()).toEqual([])
}

describe('a token that cannot make runners is told apart, with what to grant', () => {
  const needed = ['`create_runner`', '`manage_runner`', '`read_api`']
  for (const [kind, parts] of [
    ['job', ['CI_JOB_TOKEN', 'cannot create runners', ...needed]],
    ['read-api', ['insufficient_scope', 'lacks a scope', ...needed]],
    ['create-only', ['lacks a scope', ...needed]],
    ['developer', ['its role in 127.0.0.1', 'is too low', 'the role Maintainer', ...needed]],
    ['outsider', ['its role in 127.0.0.1', 'is too low', ...needed]],
    ['expired', ['Token is expired', 'make a new one', ...needed]],
  ] as const)
    gitlabStory(kind, (stage) => expectRefused(stage, stage.gitlab.token(kind), parts))

  gitlabStory('a maintainer, where the creation of runners is switched off', async (stage) => {
    stage.gitlab.dials.creation = 'disabled'
    await expectRefused(stage, stage.gitlab.token('maintainer'), ['switched off'])
  })

  gitlabStory('a project’s token, for the group', async (stage) => {
    await expectRefused(
      stage,
      stage.gitlab.token('project'),
      ['/octo-group is too low', 'of a group: Owner'],
      {
        repo: `${stage.gitlab.url}/octo-group`,
      },
    )
  })

  gitlabStory('none at all', async (stage) => {
    const { status, script } = await stage.launch({}, { secrets: {} })
    expect([status, stage.gitlab.journal]).toEqual(['failed', []])
    expect(script.log).toContain('`token` is missing. Give a token that may register runners')
  })
})
