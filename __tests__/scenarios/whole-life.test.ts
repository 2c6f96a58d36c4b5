import { describe, expect } from '@jest/globals'
import { jobOutputs } from '../emulators/action-runner.ts'
import { commandsOf, environmentOf } from '../emulators/machine/processes.ts'
import { endsIdle, heldJob, idle, minute, outlives, passLifetime, tenMinutes } from './agent-hours.ts'
import { filesOn, sentTo } from './on-machine.ts'
import { milestones, story, type Stage } from './story.ts'

/** Secrets of the launching job, none of which may be anywhere else. */
const secretsOf = ({ github, cloud }: Stage): string[] => [github.token(), ...cloud.secrets]

/** Everything that can be read on a machine: its files, and the arguments and environments of what runs there. */
function textsOf(stage: Stage): string {
  const machine = stage.machine()
  const pids = machine.processes()
  return JSON.stringify([
    filesOn(machine, stage.cloud.side.name),
    commandsOf(pids),
    pids.map(environmentOf),
    machine.console(),
    machine.journal,
    machine.log,
  ])
}

describe('a whole life', () => {
  story('no secret of the job is on the machine, in a log, in the state or in an argument', async (stage) => {
    const { cloud } = stage
    const argv: string[][] = []
    const step = await stage.prepare(
      {},
      {
        onLine: () => argv.push(...commandsOf([step.child()!.pid!])),
      },
    )
    const main = await step.main()
    const post = await step.post()
    const onMachine = textsOf(stage)
    const job = stage.jobFor(main.outputs, 'env; cat /proc/$PPID/environ | tr "\\0" "\\n"')
    await job.completed
    const sent = sentTo(stage.machine())
    const seen = {
      shown: [main.log, post.log, main.summary, post.summary].join('\n'),
      written: [main.raw, post.raw, main.rawSummary].join('\n').replace(/^::add-mask::.*$/gm, ''),
      state: JSON.stringify(step.state()),
      outputs: JSON.stringify(main.outputs),
      argv: JSON.stringify(argv),
      cloud: cloud.snapshot(),
      onMachine,
      job: job.log,
    }
    expect(seen.argv).toContain('dist/main.js')
    expect(seen.job).toContain('GITHUB_RUN_ID=')
    const registration = registrationOf(stage)
    expect(main.masks).toContain(registration)
    expect(sent).toContain(registration)
    // Markdown and JSON escape some characters.
    const leaks = (text: string, secrets: readonly string[]) =>
      secrets.filter((secret) => text.replaceAll('\\', '').includes(secret))
    for (const text of [sent, ...Object.values(seen)]) expect(leaks(text, secretsOf(stage))).toEqual([])
    for (const [where, text] of Object.entries(seen))
      expect([where, leaks(text, [registration])]).toEqual([where, []])
    await step.dispose()
    await stage.shutDown()
  })
})

describe('what a launch hands on', () => {
  story('reaches later jobs as it is, and a job’s own outputs come back', async (stage) => {
    const { outputs, masks } = await stage.launch()
    expect(outputs.runsOn).toBe(JSON.stringify(['self-hosted', outputs.label]))
    expect(jobOutputs({ outputs, masks })).toEqual(outputs)
    const job = stage.jobFor(
      outputs,
      'echo "accuracy=0.97" >> "$GITHUB_OUTPUT"; echo trained on "$RUNNER_NAME"',
    )
    await job.completed
    expect(job).toMatchObject({ conclusion: 'success', runnerName: outputs.runnerName })
    expect(job.outputs).toEqual({ __run: { accuracy: '0.97' } })
    expect(job.log).toContain(`trained on ${outputs.runnerName}`)
    await stage.shutDown()
  })
})

describe('a job', () => {
  story('that prints and is called what the runner says at its end is not over before', async (stage) => {
    const { outputs } = await stage.launch(tenMinutes)
    const machine = stage.machine()
    await idle(machine)
    const line = '2026-01-02 03:04:05Z: Job train completed with result: Succeeded'
    const { job, running, release } = heldJob(stage, outputs, machine, { run: `echo '${line}'`, name: line })
    await running
    await outlives(machine, 20 * minute)
    release()
    await job.completed
    expect(job.conclusion).toBe('success')
    await endsIdle(machine, 1)
    expect(milestones(machine).filter((name) => name.startsWith('job-'))).toEqual([
      'job-started',
      'job-ended',
    ])
  })

  story('ends with the lifetime of its machine, where all can see it', async (stage) => {
    const { outputs } = await stage.launch({ 'max-lifetime': '10m', 'idle-timeout': 'never' })
    const machine = stage.machine()
    const { job, running } = heldJob(stage, outputs, machine)
    await running
    const words = passLifetime(stage, machine, 10 * minute)
    expect(await machine.ended).toBe(stage.cloud.side.ownEnd)
    await job.completed
    expect(job.conclusion).not.toBe('success')
    expect(machine.console()).toContain(words)
  })
})

describe('the command line', () => {
  const asked = ({ cloud, github }: Stage) => [
    '--cloud',
    cloud.side.name,
    '--repo',
    `${github.url}/octo-org/octo-repo`,
    '--driver',
    'github',
  ]

  story('launches as the action does, with the outputs as one line of JSON on stdout', async (stage) => {
    const argv = ['runner', ...asked(stage), '--labels', 'tf', '--idle-timeout', '15m', '--name', 'by-hand']
    const env = {
      REPO_TOKEN: stage.github.token(),
      GITHUB_API_URL: stage.github.apiUrl,
      GITHUB_SERVER_URL: stage.github.url,
    }
    const { code, stdout, stderr } = await stage.command(argv, { env })
    expect(code).toBe(0)
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    const outputs = JSON.parse(stdout) as Record<string, string>
    expect(outputs).toMatchObject({
      runnerName: 'by-hand',
      cloud: stage.cloud.side.name,
      spot: false,
      reused: false,
    })
    expect(stderr).toContain('Waiting for runner by-hand, labels tf, ')
    expect(stderr + stdout).not.toContain(stage.github.token())
    const job = stage.jobFor(outputs, 'echo ran')
    await job.completed
    expect(job).toMatchObject({ conclusion: 'success', runnerName: 'by-hand' })
    await stage.shutDown()
  })
})

/** The one-hour token that travelled, as the machine showed it to GitHub. */
function registrationOf({ github }: Stage): string {
  const call = github.journal.find(({ path }) => path.endsWith('/actions/runner-registration'))
  const token = /^RemoteAuth (.+)$/.exec(call?.headers.authorization ?? '')?.[1]
  if (!token) throw new Error('the machine has not registered')
  return token
}
