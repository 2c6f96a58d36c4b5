import { describe, expect } from '@jest/globals'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { homeOf, isGithub, jobOf } from './box.ts'
import { hereStory } from './story.ts'

/** A job that says that it runs, and goes on until a file is there. */
const waiting = (file: string): string =>
  `echo began; while [ ! -e '${file}' ]; do sleep 0.1; done; echo done`

hereStory('`single` does one job, and a name that was given is the name seen', async (box) => {
  const runner = box.start(['--labels=tf', '--single', '--name=box one', '--idle-timeout=never'])
  await runner.said(/ listening/)
  const [first, second] = [jobOf(box, 'tf', 'true'), jobOf(box, 'tf', 'true')]
  await first.completed
  expect([await runner.ended, first.runnerName(), second.waits()]).toEqual([0, 'box one', true])
})

hereStory('a runner of a whole organisation or group does the jobs of what is in it', async (box) => {
  const whole = box.repo.replace(/\/[^/]+$/, '')
  const argv = [`--driver=${box.forge}`, '--repo', whole, '--token', box.token]
  const runner = box.command([...argv, '--labels=tf', '--idle-timeout=2'])
  const job = jobOf(box, 'tf', 'true')
  await job.completed
  expect([job.succeeded, await runner.ended, box.runners()]).toEqual([true, 0, []])
  const [scope] = box.emulator.journal.flatMap(
    ({ path }) => /\/(orgs\/[^/]+|groups\/[^/]+)\//.exec(path)?.[1] ?? [],
  )
  expect(scope).toBeDefined()
})

hereStory('no job can read the token, and jobs get a clean environment', async (box) => {
  const secret = 'a-secret-of-the-person-0123456789'
  const runner = box.command(
    [`--driver=${box.forge}`, '--repo', box.repo, '--labels=tf', '--idle-timeout=3', '--log=debug'],
    { REPO_TOKEN: box.token, DATABASE_PASSWORD: secret, MY_TOKEN: secret, CML_RUNNER_NAME: 'hygiene' },
  )
  await runner.said(/ listening/)
  // Others on this computer show a token of the same text for a moment: those of this box tell their home.
  const ofBox = `case $t in *'${box.home}'*) echo "$t" ;; esac`
  const look = `t=$(tr '\\0' '\\n' <$p/environ; tr '\\0' ' ' <$p/cmdline)`
  const script = `set +e; cd /proc; { for p in [0-9]*; do ${look}; ${ofBox}; done; } 2>/dev/null; env; true`
  const job = jobOf(box, 'tf', script)
  await job.completed
  expect(job.succeeded).toBe(true)
  // It saw the very process that holds the token.
  expect(job.text()).toMatch(/cli\.js here/)
  expect(job.text().includes(box.token)).toBe(false)
  expect(job.text().split(secret).length - 1).toBe(0)
  expect(await runner.ended).toBe(0)
  expect(`${runner.log()}${runner.stdout()}`).not.toContain(box.token)
})

describe('told to stop', () => {
  hereStory('while it waits for a job, it leaves', async (box) => {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const runner = box.start(['--labels=tf', '--idle-timeout=never'])
      await runner.said(/ listening/)
      runner.signal(signal)
      expect(await runner.ended).toBe(code)
      expect(runner.log()).toContain(`interrupted: ${signal}: no other job is taken`)
    }
  })

  hereStory('while a job runs, it lets that one finish and takes no other', async (box) => {
    const runner = box.start(['--labels=tf', '--idle-timeout=never'])
    await runner.said(/ listening/)
    const file = join(box.home, 'go')
    const job = jobOf(box, 'tf', waiting(file))
    await runner.said(/ job-started/)
    runner.signal('SIGINT')
    await runner.said(/ interrupted/)
    // GitHub hands a runner its next job in the moment in which it is free, unless it has no label that the job asks for.
    if (isGithub(box))
      await box.emulator.until(() => box.emulator.journal.find(({ method }) => method === 'PUT'))
    const other = jobOf(box, 'tf', 'true')
    writeFileSync(file, '')
    await job.completed
    expect([job.succeeded, await runner.ended, other.waits()]).toEqual([true, 130, true])
  })

  hereStory('and once more, it ends the job, as the forge can see', async (box) => {
    const runner = box.start(['--labels=tf', '--idle-timeout=never'])
    await runner.said(/ listening/)
    const job = jobOf(box, 'tf', waiting(join(box.home, 'never')))
    await runner.said(/ job-started/)
    runner.signal('SIGTERM')
    await runner.said(/ interrupted/)
    runner.signal('SIGTERM')
    await job.completed
    expect([job.succeeded, await runner.ended]).toEqual([false, 143])
    expect(runner.log()).toContain('told once more: ending now')
  })
})

hereStory('a program that is killed is started again, with its registration', async (box) => {
  // Until then nobody else has a session with its registration.
  box.noticeSoon()
  const runner = box.start(['--labels=tf', '--idle-timeout=never'])
  await runner.said(/ listening/)
  const [before] = box.runners()
  for (const pid of box.programs()) process.kill(pid, 'SIGKILL')
  await runner.said(/ended unexpectedly; starting it again/)
  // The last request of the one that was killed may be on its way, and would be given the job.
  const { length } = box.emulator.journal
  await box.emulator.until(() => box.emulator.journal.length >= length + 3)
  const job = jobOf(box, 'tf', 'true')
  await job.completed
  runner.signal('SIGTERM')
  expect([job.succeeded, await runner.ended, job.runnerName()]).toEqual([true, 143, before])
})

hereStory(
  'a registration that is lost is made anew',
  async (box) => {
    const runner = box.start(['--labels=tf', '--idle-timeout=never'])
    await runner.said(/ listening/)
    box.loseRegistrations()
    await runner.said(/making it anew[^]* listening/)
    const job = jobOf(box, 'tf', 'true')
    await job.completed
    runner.signal('SIGTERM')
    expect([job.succeeded, await runner.ended]).toEqual([true, 143])
  },
  ['github'],
)

hereStory(
  'killed, it leaves a runner that ends, and the next start clears up and works in the same folder',
  async (box) => {
    const first = box.start(['--labels=tf', '--name=box', '--idle-timeout=never'])
    await first.said(/ listening/)
    const keeps = jobOf(box, 'tf', 'echo kept >"$HOME/kept"; pwd')
    await keeps.completed
    const file = join(homeOf(box), 'runner/_work/a-tool')
    writeFileSync(file, '')
    first.signal('SIGKILL')
    expect(await first.ended).toBe('SIGKILL')
    const second = box.start(['--labels=tf', '--name=box', '--idle-timeout=3'])
    await second.said(/ listening/)
    expect(second.log()).not.toContain('Fetching')
    const job = jobOf(box, 'tf', 'true')
    await job.completed
    expect([job.succeeded, await second.ended, existsSync(file)]).toEqual([true, 0, true])
    expect(readdirSync(join(box.home, '.cml-runner')).sort()).toEqual([`${box.forge}-1`, 'programs'])
  },
)

hereStory('two work side by side, each in its own folder', async (box) => {
  const runners = [1, 2].map(() => box.start(['--labels=tf', '--single', '--idle-timeout=60']))
  await Promise.all(runners.map((runner) => runner.said(/ listening/)))
  const jobs = [1, 2].map(() => jobOf(box, 'tf', `${waiting(join(box.home, 'go'))}; pwd`))
  await Promise.all(runners.map((runner) => runner.said(/ job-started/)))
  writeFileSync(join(box.home, 'go'), '')
  await Promise.all(jobs.map((job) => job.completed))
  expect(await Promise.all(runners.map((runner) => runner.ended))).toEqual([0, 0])
  expect(jobs.map((job) => /\.cml-runner\/[a-z]+-(\d)/.exec(job.text())?.[1]).sort()).toEqual(['1', '2'])
})

hereStory(
  'of two that are given one `workdir` the second is refused, and so is a name that is online',
  async (box) => {
    const workdir = join(box.home, 'work')
    const first = box.start(['--labels=tf', `--workdir=${workdir}`, '--name=box', '--idle-timeout=never'])
    await first.said(/ listening/)
    const second = box.start(['--labels=tf', `--workdir=${workdir}`])
    expect([await second.ended, second.log()]).toEqual([
      1,
      expect.stringContaining('another cml-runner works there'),
    ])
    if (box.forge === 'github') {
      const third = box.start(['--labels=tf', '--name=box'])
      expect([await third.ended, third.log()]).toEqual([
        1,
        expect.stringContaining('a runner of that name is online'),
      ])
    }
    const job = jobOf(box, 'tf', 'pwd')
    await job.completed
    expect(job.text()).toContain(workdir)
    first.signal('SIGINT')
    expect(await first.ended).toBe(130)
  },
)

hereStory('a program that is not what its publisher says is not started', async (box) => {
  box.tamper()
  const runner = box.start(['--labels=tf'])
  expect([await runner.ended, runner.log()]).toEqual([1, expect.stringContaining('its publisher gives')])
  const programs = join(box.home, '.cml-runner/programs')
  expect(existsSync(programs) ? readdirSync(programs) : []).toEqual([])
})

hereStory(
  'inside CI a cloud that is not set makes no runner of the machine, and `none` does',
  async (box) => {
    for (const variables of [
      { CI: 'true', CML_RUNNER_CLOUD: ' ' },
      { GITLAB_CI: 'true', CML_RUNNER_INPUT_CLOUD: '-' },
    ]) {
      const refused = box.start(['--labels=tf'], variables)
      expect([await refused.ended, refused.log()]).toEqual([
        2,
        expect.stringContaining('`--cloud` is missing'),
      ])
    }
    const runner = box.start(['--labels=tf', '--cloud=none', '--idle-timeout=2'], { CI: 'true' })
    expect(await runner.ended).toBe(0)
    expect(runner.log()).toContain('listening')
  },
)

hereStory('the word by which it starts itself is of no use to others', async (box) => {
  const runner = box.command(['here'])
  expect([await runner.ended, runner.log()]).toEqual([2, expect.stringContaining('leave it out')])
  expect(readFileSync('/proc/self/cmdline', 'utf8')).not.toContain(box.token)
})
