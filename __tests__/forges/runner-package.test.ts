import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { existsSync, lstatSync, readlinkSync, writeFileSync } from 'node:fs'
import { type GithubEmulator, type JobSpec, startGithub } from '../emulators/github/github.ts'
import { type Program, Unpacked } from '../emulators/github/unpacked.ts'

// Real programs are started, and the machine that runs the tests may be busy.
const scope = 'octo-org/octo-repo'
const stamp = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ: `

let github: GithubEmulator
let runner: Unpacked
/** A second one, where a test needs it. */
let other: Unpacked | undefined

beforeEach(async () => {
  github = await startGithub()
  runner = new Unpacked(github.archive())
})

afterEach(async () => {
  await Promise.all([runner.remove(), other?.remove()])
  other = undefined
  await github.close()
})

const api = async (
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> => {
  const headers = { authorization: `token ${github.token()}`, 'content-type': 'application/json' }
  const answer = await fetch(`${github.apiUrl}/repos/${scope}/actions/runners${path}`, {
    method,
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const text = await answer.text()
  return { status: answer.status, body: (text ? JSON.parse(text) : {}) as Record<string, unknown> }
}

const newToken = async (kind: 'registration' | 'remove' = 'registration'): Promise<string> =>
  (await api('POST', `/${kind}-token`)).body['token'] as string

const configure = async (
  ...words: readonly string[]
): Promise<{ readonly code: number; readonly text: string }> =>
  runner.run('config.sh', [
    '--unattended',
    '--url',
    `${github.url}/${scope}`,
    '--token',
    await newToken(),
    '--name',
    'box',
    '--labels',
    'cml,gpu',
    ...words,
  ])

const listen = async (env: Readonly<Record<string, string>> = {}): Promise<Program> => {
  const program = runner.start('run.sh', [], env)
  await program.line(/Listening for Jobs$/)
  return program
}

const job = (spec: Partial<JobSpec> = {}): JobSpec => ({
  name: 'train',
  labels: ['self-hosted', 'cml'],
  steps: [{ run: 'echo hello' }],
  ...spec,
})

const gone = (name: string): Promise<true> => github.until(() => github.runner(name) === undefined)

describe('config.sh', () => {
  test('registers with labels, says so in the official words, and leaves the official files', async () => {
    const { code, text } = await configure('--work', 'jobs')
    expect(code).toBe(0)
    expect(text.match(/√ .*|# .*/g)).toEqual([
      '# Authentication',
      '√ Connected to GitHub',
      '# Runner Registration',
      '√ Runner successfully added',
      '√ Runner connection is good',
      '# Runner settings',
      '√ Settings Saved.',
    ])
    expect(github.runner('box')).toMatchObject({
      online: false,
      connected: false,
      ephemeral: false,
      labels: ['self-hosted', 'Linux', 'X64', 'cml', 'gpu'],
    })
    expect(JSON.parse(runner.file('.runner').slice(1))).toMatchObject({
      agentName: 'box',
      workFolder: 'jobs',
      poolName: 'Default',
    })
    for (const name of ['.credentials', '.credentials_rsaparams', '.path', '.env'])
      expect(existsSync(runner.path(name))).toBe(true)
    expect((await configure()).text).toMatch(/Cannot configure the runner because it is already configured/)
  })

  test('refuses root, and so does run.sh, which exits 0 nevertheless', async () => {
    runner.command('id', 'echo 0')
    expect(await configure()).toMatchObject({ code: 1, text: 'Must not run with sudo' })
    const started = runner.start('run.sh')
    expect(await started.ended).toBe(0)
    expect(started.lines()).toEqual(['Must not run interactively with sudo', 'Exiting runner...'])
    const allowed = await runner.run('config.sh', ['--version'], { RUNNER_ALLOW_RUNASROOT: '1' })
    expect(allowed).toMatchObject({ code: 0, text: '2.336.0' })
  })

  test('refuses a name that is taken, unless it is to replace it', async () => {
    github.stageRunner({ name: 'box' })
    const { code, text } = await configure()
    expect(code).toBe(1)
    expect(text).toMatch(/A runner exists with the same name box\./)
    expect((await configure('--replace')).text).toMatch(/√ Successfully replaced the runner/)
    expect(github.runners()).toHaveLength(1)
  })

  test('fails with a token that has aged, was never given, or is missing', async () => {
    const token = await newToken()
    github.advance(3600_000)
    for (const value of [token, 'ghs_something']) {
      const { code, text } = await runner.run('config.sh', [
        '--unattended',
        '--url',
        `${github.url}/${scope}`,
        '--token',
        value,
      ])
      expect(code).toBe(1)
      expect(text).toMatch(/Http response code: NotFound from 'POST http:\S+\/actions\/runner-registration'/)
      expect(text).toMatch(/Response status code does not indicate success: 404 \(Not Found\)\./)
    }
    const { code, text } = await runner.run('config.sh', ['--unattended', '--url', `${github.url}/${scope}`])
    expect(code).toBe(1)
    expect(text).toMatch(
      /^Invalid configuration provided for token\. Terminating unattended configuration\.$/m,
    )
    expect(github.leftovers().registrations).toEqual([])
  })

  test('takes every option from the environment, complains of what it does not know and goes on', async () => {
    const env = {
      ACTIONS_RUNNER_INPUT_UNATTENDED: 'true',
      ACTIONS_RUNNER_INPUT_URL: 'https://github.com/octo-org',
      ACTIONS_RUNNER_INPUT_TOKEN: '',
      ACTIONS_RUNNER_INPUT_NAME: 'from-environment',
      ACTIONS_RUNNER_INPUT_LABELS: 'a,,A,b',
      ACTIONS_RUNNER_INPUT_RUNNERGROUP: 'gpu',
    }
    const headers = { authorization: `token ${github.token()}` }
    const answer = await fetch(`${github.apiUrl}/orgs/octo-org/actions/runners/registration-token`, {
      method: 'POST',
      headers,
    })
    env.ACTIONS_RUNNER_INPUT_TOKEN = ((await answer.json()) as { token: string }).token
    const { code, text } = await runner.run('config.sh', ['--bogus', 'x'], env)
    expect(code).toBe(0)
    expect(text).toMatch(/Unrecognized command-line input arguments for command configure: 'bogus'/)
    expect(github.runner('from-environment')).toMatchObject({
      scope: 'orgs/octo-org',
      labels: ['self-hosted', 'Linux', 'X64', 'a', 'b'],
    })
    expect(JSON.parse(runner.file('.runner').slice(1))).toMatchObject({ poolName: 'gpu' })
  })

  test('names a group that is not there', async () => {
    const headers = { authorization: `token ${github.token()}` }
    const answer = await fetch(`${github.apiUrl}/orgs/octo-org/actions/runners/registration-token`, {
      method: 'POST',
      headers,
    })
    const { token } = (await answer.json()) as { token: string }
    const { code, text } = await runner.run('config.sh', [
      '--unattended',
      '--url',
      `${github.url}/octo-org`,
      '--token',
      token,
      '--runnergroup',
      'cpu',
    ])
    expect([code, text.split('\n').at(-1)]).toEqual([
      1,
      'Could not find any self-hosted runner group named "cpu".',
    ])
  })

  test('removes its registration with a token of the last hour, and only its files with --local', async () => {
    await configure()
    const stale = await newToken('remove')
    github.advance(3600_000)
    const refused = await runner.run('config.sh', ['remove', '--token', stale])
    expect(refused.code).toBe(1)
    expect(refused.text).toMatch(/Failed: Removing runner from the server/)
    expect(github.runner('box')).toBeDefined()
    const { code, text } = await runner.run('config.sh', ['remove', '--token', await newToken('remove')])
    expect(code).toBe(0)
    expect(text.match(/√ .*/g)).toEqual([
      '√ Runner removed successfully',
      '√ Removed .credentials',
      '√ Removed .runner',
    ])
    expect(github.leftovers().registrations).toEqual([])
    await configure()
    expect((await runner.run('config.sh', ['remove', '--local'])).code).toBe(0)
    expect(existsSync(runner.path('.runner'))).toBe(false)
    expect(github.runners()).toHaveLength(1)
  })

  test('insists on libicu when that is what a test wants, as the official one does', async () => {
    github.dials.needsLibicu = true
    other = new Unpacked(github.archive())
    other.command('ldconfig', 'exit 0')
    expect(await other.run('config.sh', ['--version'])).toMatchObject({
      code: 1,
      text: expect.stringMatching(/installdependencies\.sh/),
    })
    other.command('ldconfig', 'echo libicuuc.so.72')
    expect((await other.run('config.sh', ['--version'])).code).toBe(0)
  })
})

describe('run.sh', () => {
  test('runs one job after the other for real, with the official lines, and leaves on a signal', async () => {
    await configure()
    const program = await listen({ ACTIONS_RUNNER_INPUT_IGNORED: 'secret' })
    const steps = [
      {
        id: 'say',
        run: 'echo "::notice::hi"; echo "accuracy=0.97" >> "$GITHUB_OUTPUT"; echo "KEPT=yes" >> "$GITHUB_ENV"; printf "text<<E\\na\\nb\\nE\\n" >> "$GITHUB_OUTPUT"',
      },
      {
        id: 'look',
        run: 'echo "$KEPT $GITHUB_RUN_ATTEMPT $RUNNER_NAME $CI"; env | grep -c INPUT_ || true; pwd; echo "$RUNNER_TRACKING_ID"',
        env: { OWN: '1' },
      },
    ]
    const first = github.queueJob(job({ name: 'train: a (1, x)', steps }))
    await first.started
    expect(github.runner('box')).toMatchObject({ online: true, busy: true })
    await first.completed
    expect(first).toMatchObject({ status: 'completed', conclusion: 'success', runnerName: 'box' })
    expect(first.outputs).toEqual({ say: { accuracy: '0.97', text: 'a\nb' }, look: {} })
    expect(first.log).toMatch(
      /Z yes 1 box true\n\S+ 0\n\S+ \S+\/_work\/octo-repo\/octo-repo\n\S+ github_[0-9a-f-]{36}\n/,
    )
    const second = github.queueJob(
      job({ steps: [{ run: 'false' }, { run: 'echo never' }, { run: 'echo cleanup', always: true }] }),
    )
    await second.completed
    expect(second.conclusion).toBe('failure')
    expect(second.steps.map(({ conclusion }) => conclusion)).toEqual(['failure', 'skipped', 'success'])
    await program.line(/Job train completed/)
    program.signal('SIGINT')
    expect(await program.ended).toBe(0)
    const said = program.lines().filter(Boolean).join('\n')
    expect(said).toMatch(
      new RegExp(
        `^√ Connected to GitHub
Current runner version: '2\\.336\\.0'
${stamp}Listening for Jobs
${stamp}Running job: train: a \\(1, x\\)
${stamp}Job train: a \\(1, x\\) completed with result: Succeeded
${stamp}Running job: train
${stamp}Job train completed with result: Failed
Exiting\\.\\.\\.`,
      ),
    )
    await github.until(() => github.runner('box')?.online === false)
    expect(runner.processes()).toEqual([])
  })

  test('ends after one job when ephemeral, and the service removes the registration', async () => {
    await configure('--ephemeral', '--disableupdate')
    const program = runner.start('run.sh')
    const done = github.queueJob(job())
    expect(await program.ended).toBe(0)
    expect(done.conclusion).toBe('success')
    expect(program.lines().slice(-2)).toEqual([
      'Runner listener exit with 0 return code, stop the service, no retry needed.',
      'Exiting runner...',
    ])
    expect(github.leftovers().registrations).toEqual([])
    expect(existsSync(runner.path('.runner'))).toBe(false)
  })

  test('without a configuration ends with an error that its exit code does not show', async () => {
    const { code, text } = await runner.run('run.sh')
    expect(code).toBe(0)
    expect(text).toMatch(/An error occurred: Not configured/)
    expect(text).toMatch(/terminated error, stop the service, no retry needed/)
  })

  test('starts from a just-in-time configuration, which only the service can take away', async () => {
    const { body } = await api('POST', '/generate-jitconfig', {
      name: 'jit',
      runner_group_id: 1,
      labels: ['self-hosted', 'cml'],
    })
    const env = { ACTIONS_RUNNER_INPUT_JITCONFIG: body['encoded_jit_config'] as string }
    expect(github.runner('jit')).toMatchObject({ connected: false, jit: true, ephemeral: true })
    const program = await listen(env)
    const refused = await runner.run('config.sh', ['remove', '--token', await newToken('remove')])
    expect(refused.code).toBe(1)
    const done = github.queueJob(job({ steps: [{ run: 'env | grep -c JITCONFIG || true' }] }))
    expect(await program.ended).toBe(0)
    expect(done.log).toMatch(/Z 0\n/)
    await gone('jit')
  })

  test('of an idle just-in-time runner ends when the service has deleted it', async () => {
    github.dials.jitIdleLimit = 120_000
    const { body } = await api('POST', '/generate-jitconfig', {
      name: 'jit',
      runner_group_id: 1,
      labels: ['cml'],
    })
    const program = await listen({ ACTIONS_RUNNER_INPUT_JITCONFIG: body['encoded_jit_config'] as string })
    github.advance(119_000)
    expect(github.runner('jit')).toBeDefined()
    github.advance(2000)
    expect(await program.ended).toBe(0)
    expect(program.lines()).toContain(
      'The runner no longer exists on the server. Cleaning up local configuration.',
    )
  })

  test('gets no session once its registration is gone', async () => {
    await configure()
    github.deleteRunner('box')
    const { code, text } = await runner.run('run.sh')
    expect(code).toBe(0)
    expect(text).toMatch(
      /Failed to create a session\. The runner registration has been deleted from the server, please re-configure\./,
    )
    expect(text).toMatch(/terminated error/)
  })

  test('says in the official words when it is too old, and shows it in its code only when asked', async () => {
    await configure()
    github.dials.deprecated = 'session'
    const plain = await runner.run('run.sh')
    expect(plain).toMatchObject({
      code: 0,
      text: expect.stringMatching(
        /An error occurred: Runner version v2\.336\.0 is deprecated and cannot receive messages\./,
      ),
    })
    const asked = await runner.run('run.sh', [], {
      ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE: '1',
      RUNNER_MANUALLY_TRAP_SIG: '1',
    })
    expect(asked.code).toBe(7)
  })

  test('reconnects, and says it once', async () => {
    await configure()
    let left = 2
    github.fault = ({ path }) => (path.includes('/messages') && left-- > 0 ? 'reset-before' : undefined)
    const program = await listen()
    await github.until(() => github.journal.filter(({ path }) => path.includes('/messages')).length > 2)
    github.queueJob(job())
    await program.line(new RegExp(`^${stamp}Runner reconnected\\.$`))
    expect(program.lines().filter((line) => line.includes('Runner connect error'))).toEqual([
      expect.stringMatching(/^.*Z: Runner connect error: .*\. Retrying until reconnected\.$/),
    ])
  })

  test('gives up after eight tries when another session is alive', async () => {
    await configure()
    const first = await listen()
    github.dials.pollWithin = 400
    const second = await runner.run('run.sh')
    expect(second.text.match(/A session for this runner already exists\./g)).toHaveLength(8)
    expect(second.text).toMatch(/Session Conflict error, stop the service, no retry needed/)
    expect(second.code).toBe(0)
    first.signal('SIGTERM')
    await first.ended
  })

  test('starts again after an error that may pass', async () => {
    await configure()
    runner.command('sleep', '')
    github.dials.exitCode = 2
    const program = runner.start('run.sh')
    await program.line(/retryable error, re-launch runner in 5 seconds/)
    github.dials.exitCode = undefined
    await program.line(/^Restarting runner\.\.\./)
    await github.queueJob(job()).completed
  })

  test('replaces itself in mid-life, Node and all, and goes on working', async () => {
    runner.command('sleep', 'exec /bin/sleep 0.05')
    await configure()
    const program = await listen()
    const first = github.queueJob(
      job({ steps: [{ run: 'echo one' }], actions: ['actions/checkout@v4'], holdDownloads: true }),
    )
    await first.started
    github.offerUpdate('2.337.0')
    await program.line(/^Runner update in progress, do not shutdown runner\.$/)
    await program.line(/^Waiting for current job finish running\.$/)
    first.releaseDownloads()
    await program.line(/^Runner will exit shortly for update, should be back online within 10 seconds\.$/)
    await program.line(/^Update finished successfully\.$/)
    await program.line(/^Current runner version: '2\.337\.0'$/)
    await github.queueJob(job()).completed
    expect(first.conclusion).toBe('success')
    for (const part of ['bin', 'externals']) {
      expect(lstatSync(runner.path(part)).isSymbolicLink()).toBe(true)
      expect(readlinkSync(runner.path(part))).toBe(runner.path(`${part}.2.337.0`))
      expect(existsSync(runner.path(`${part}.2.336.0`))).toBe(true)
    }
    expect(github.runner('box')?.version).toBe('2.337.0')
  })

  test('does not, when configured so', async () => {
    await configure('--disableupdate')
    const program = await listen()
    github.offerUpdate('2.337.0')
    await github.queueJob(job()).completed
    expect(program.lines().join('\n')).not.toMatch(/update/)
  })

  test('an update of a one-job runner does not lose the job that came meanwhile', async () => {
    runner.command('sleep', 'exec /bin/sleep 0.05')
    await configure('--ephemeral')
    const program = await listen()
    github.offerUpdate('2.337.0')
    const late = github.queueJob(job())
    expect(await program.ended).toBe(0)
    expect(program.lines().join('\n')).toMatch(/exit because of updating/)
    expect(late.conclusion).toBe('success')
    expect(github.leftovers().registrations).toEqual([])
  })
})

describe('a job', () => {
  const hook = (name: string, text: string): string => {
    const path = runner.path(`${name}.sh`)
    writeFileSync(path, text)
    return path
  }

  test('is announced before its actions are fetched; the started hook comes after, the completed hook before the last line', async () => {
    await configure()
    const said = runner.path('said')
    const program = await listen({
      ACTIONS_RUNNER_HOOK_JOB_STARTED: hook(
        'started',
        `echo "started $GITHUB_JOB $GITHUB_RUN_ID" >> ${said}; [ -f "$GITHUB_EVENT_PATH" ]`,
      ),
      ACTIONS_RUNNER_HOOK_JOB_COMPLETED: hook('completed', `echo completed >> ${said}`),
    })
    const slow = github.queueJob(
      job({
        steps: [{ run: `echo step >> ${said}` }],
        actions: ['actions/checkout@v4'],
        holdDownloads: true,
      }),
    )
    await program.line(/Running job: train$/)
    await github.until(() => github.journal.some(({ path }) => path.endsWith('/downloads')))
    expect(existsSync(said)).toBe(false)
    expect(runner.processes('Runner.Worker')).toHaveLength(1)
    slow.releaseDownloads()
    await slow.completed
    expect(runner.file('said')).toBe(`started train ${slow.run.id}\nstep\ncompleted\n`)
    await program.line(/completed with result: Succeeded$/)
  })

  test('fails when a hook does', async () => {
    await configure()
    await listen({ ACTIONS_RUNNER_HOOK_JOB_STARTED: hook('started', 'echo no; false; echo never') })
    const failed = github.queueJob(job())
    await failed.completed
    expect(failed.conclusion).toBe('failure')
    expect(failed.log).toMatch(/no\n.*Process completed with exit code 1\./)
    expect(failed.log).not.toMatch(/never|hello/)
  })

  test('whose worker is killed fails, without its completed hook, and the next one runs', async () => {
    await configure()
    const program = await listen({
      ACTIONS_RUNNER_HOOK_JOB_COMPLETED: hook('completed', `touch ${runner.path('completed')}`),
    })
    const killed = github.queueJob(job({ trouble: 'worker-killed' }))
    await killed.completed
    expect(killed.conclusion).toBe('failure')
    await program.line(/Job train completed with result: Failed$/)
    expect(existsSync(runner.path('completed'))).toBe(false)
    const next = github.queueJob(job())
    await next.completed
    expect(next.conclusion).toBe('success')
    expect(existsSync(runner.path('completed'))).toBe(true)
  })

  test('whose worker hangs is over for the service, and not for the listener, until somebody kills the worker', async () => {
    await configure()
    const program = await listen()
    const hung = github.queueJob(job({ trouble: 'worker-hangs' }))
    await hung.completed
    expect(hung.conclusion).toBe('success')
    expect(program.lines().join('\n')).not.toMatch(/completed with result/)
    const [worker] = runner.processes('Runner.Worker')
    process.kill(worker!, 'SIGTERM')
    process.kill(worker!, 'SIGKILL')
    await program.line(/completed with result: Failed$/)
  })

  test.each([
    [
      'split',
      (chunks: readonly string[]) =>
        chunks.some((chunk) => chunk.includes('Running') && !chunk.endsWith('\n')),
    ],
    [
      'merged',
      (chunks: readonly string[]) =>
        chunks.some((chunk) => /Running job: [^\n]*\n[^\n]*completed with result/.test(chunk)),
    ],
  ] as const)('is announced in %s chunks when output is buffered so', async (chunks, holds) => {
    github.dials.chunks = chunks
    await configure()
    const program = await listen()
    github.queueJob(job({ name: 'Running long' }))
    await program.line(/completed with result: Succeeded$/)
    expect(holds(program.chunks)).toBe(true)
  })

  test('is cancelled by whoever stops the runner, and GitHub shows why', async () => {
    await configure()
    const program = await listen()
    const long = github.queueJob(job({ steps: [{ run: 'echo begun; sleep 600' }] }))
    await github.until(() => long.log.includes('begun'))
    program.signal('SIGTERM')
    await long.completed
    expect(long.conclusion).toBe('cancelled')
    expect(long.annotations).toContain(
      'The runner has received a shutdown signal. This can happen when the runner service is stopped, or a manually started runner is canceled.',
    )
    expect(await program.ended).not.toBe(1)
    await github.until(() => runner.processes().length === 0)
  })

  test('is cancelled by a person on its page', async () => {
    await configure()
    const program = await listen()
    const long = github.queueJob(
      job({ steps: [{ run: 'echo begun; sleep 600' }, { run: 'echo tidy', always: true }] }),
    )
    await github.until(() => long.log.includes('begun'))
    github.cancelJob(long)
    await long.completed
    expect(long.conclusion).toBe('cancelled')
    expect(long.log).toMatch(/tidy/)
    await program.line(/completed with result: Canceled$/)
  })

  test('is lost with its machine, which counts as busy until GitHub has given it up', async () => {
    await configure()
    await listen()
    const lost = github.queueJob(job({ steps: [{ run: 'echo begun; sleep 600' }] }))
    await github.until(() => lost.log.includes('begun'))
    runner.vanish()
    await github.until(() => github.runner('box')?.online === false)
    const { id } = github.runner('box')!
    expect((await api('DELETE', `/${id}`)).status).toBe(422)
    github.advance(11 * 60_000)
    expect(lost).toMatchObject({
      conclusion: 'failure',
      annotations: [expect.stringMatching(/lost communication/)],
    })
    expect((await api('DELETE', `/${id}`)).status).toBe(204)
  })

  test('goes back into the queue when its runner vanished before taking it', async () => {
    github.dials.pollWithin = 50
    await configure()
    await listen()
    github.fault = ({ path }) => (path.endsWith('/acquire') ? 'silent' : undefined)
    const waiting = github.queueJob(job())
    await github.until(() => github.runner('box')?.busy === true)
    await github.until(() => github.journal.some(({ path }) => path.endsWith('/acquire')))
    runner.vanish()
    await github.until(() => github.runner('box')?.busy === false)
    expect(waiting).toMatchObject({ status: 'queued', runnerName: undefined })
  })

  test('leaves no process behind that it started in the background', async () => {
    await configure()
    await listen()
    const messy = github.queueJob(job({ steps: [{ run: `nohup sleep 612345 > /dev/null 2>&1 & echo ok` }] }))
    await messy.completed
    expect(messy.conclusion).toBe('success')
    other = new Unpacked(github.archive())
    const running = await other.run('externals/node24/bin/node', [
      '-e',
      'console.log(require("fs").readdirSync("/proc").filter((p) => /^\\d+$/.test(p)).filter((p) => { try { return require("fs").readFileSync(`/proc/${p}/cmdline`, "utf8").includes("612345\\0") } catch { return false } }).length)',
    ])
    expect(running.text).toBe('0')
  })

  test('with a container drives the docker command, and fails where there is none', async () => {
    await configure()
    await listen()
    runner.command('docker', 'echo "Cannot connect to the Docker daemon" >&2; exit 1')
    const without = github.queueJob(job({ container: 'python:3.12' }))
    await without.completed
    expect([without.conclusion, without.annotations]).toEqual([
      'failure',
      ['Docker version failed with exit code 1'],
    ])
    runner.command(
      'docker',
      `echo "$1 $2" >> ${runner.path('docker.log')}; case $1 in create) echo c0ffee ;; exec) shift $(($# - 3)); exec "$@" ;; esac`,
    )
    const inside = github.queueJob(
      job({ container: 'python:3.12', steps: [{ id: 's', run: 'echo "where=inside" >> "$GITHUB_OUTPUT"' }] }),
    )
    await inside.completed
    expect(inside.outputs).toEqual({ s: { where: 'inside' } })
    expect(
      runner
        .file('docker.log')
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual(['version', 'pull', 'create', 'start', 'exec', 'rm', ''])
  })

  test('goes to the runner that carries all its labels; two runners work side by side', async () => {
    await configure()
    other = new Unpacked(github.archive())
    await other.run('config.sh', [
      '--unattended',
      '--url',
      `${github.url}/${scope}`,
      '--token',
      await newToken(),
      '--name',
      'big',
      '--labels',
      'cml,big',
    ])
    await listen()
    const second = other.start('run.sh')
    await second.line(/Listening for Jobs/)
    const jobs = [
      github.queueJob(job({ labels: ['GPU'] })),
      github.queueJob(job({ labels: ['self-hosted', 'BIG'] })),
    ]
    const nobody = github.queueJob(job({ labels: ['cml', 'tpu'] }))
    await Promise.all(jobs.map(({ completed }) => completed))
    expect(jobs.map(({ runnerName }) => runnerName)).toEqual(['box', 'big'])
    expect(nobody.status).toBe('queued')
  })
})

describe('what GitHub says of a runner can be wrong', () => {
  const state = async (): Promise<unknown> => {
    const { body } = await api('GET', '?name=box')
    return (body['runners'] as Record<string, unknown>[]).map(({ status, busy }) => [status, busy])[0]
  }

  test('offline and idle while it works, and then its deletion succeeds and takes the job with it', async () => {
    await configure()
    const program = await listen()
    const long = github.queueJob(job({ steps: [{ run: 'echo begun; sleep 600' }] }))
    await github.until(() => long.log.includes('begun'))
    expect(await state()).toEqual(['online', true])
    github.dials.busy = () => false
    github.dials.online = () => false
    expect(await state()).toEqual(['offline', false])
    expect((await api('DELETE', `/${github.runner('box')!.id}`)).status).toBe(204)
    expect(long.conclusion).toBe('failure')
    await program.line(/^The runner no longer exists on the server\. Cleaning up local configuration\.$/)
    expect(await program.ended).toBe(0)
    expect(runner.processes()).toEqual([])
  })

  test('a deletion can succeed although it is known to be busy', async () => {
    github.stageRunner({ name: 'box', online: true, busy: true })
    const { id } = github.runner('box')!
    expect((await api('DELETE', `/${id}`)).status).toBe(422)
    github.dials.deleteBusy = true
    expect((await api('DELETE', `/${id}`)).status).toBe(204)
  })

  test('a new registration may not be seen at once', async () => {
    github.dials.visibleAfterLooks = 2
    await configure()
    expect([await state(), await state(), await state()]).toEqual([undefined, undefined, ['offline', false]])
  })

  test('registrations that stay away are removed after 14 days, ephemeral ones after one', async () => {
    github.stageRunner({ name: 'old' })
    await configure('--ephemeral')
    github.advance(25 * 3600_000)
    expect(github.runners().map(({ name }) => name)).toEqual(['old'])
    github.advance(14 * 24 * 3600_000)
    expect(github.leftovers().registrations).toEqual([])
  })
})

describe('the emulator', () => {
  test.each([
    ['an operation it does not know', 'PATCH', '/1', undefined, /no such operation/],
    ['a query that is not in the description', 'GET', '?status=online', undefined, /query parameter status/],
    ['a query of the wrong type', 'GET', '?per_page=many', undefined, /per_page must be integer/],
    [
      'a body without what belongs there',
      'POST',
      '/generate-jitconfig',
      { name: 'x', labels: [] },
      /runner_group_id.*NOT have fewer than 1/s,
    ],
    [
      'a body where none belongs',
      'POST',
      '/registration-token',
      { name: 'x' },
      /a body where the description has none/,
    ],
  ])('refuses %s, loudly', async (_what, method, path, body, why) => {
    expect((await api(method, path, body)).status).toBe(501)
    expect(github.takeRefused().join()).toMatch(why)
  })

  test('cannot lie about shapes: its own answers are checked as well', async () => {
    github.stageRunner({ name: 'box' })
    github.dials.busy = () => 'perhaps' as unknown as boolean
    expect((await api('GET', '')).status).toBe(501)
    expect(github.takeRefused().join()).toMatch(/own answer is wrong.*busy must be boolean/)
  })

  test('makes the same archive every time', () => {
    const { sha256, bytes } = github.archive()
    expect(github.archive().sha256).toBe(sha256)
    expect(bytes.length).toBeLessThan(100_000)
    expect(github.archive('arm64').sha256).not.toBe(sha256)
    expect(github.archive('x64', '2.337.0').sha256).not.toBe(sha256)
  })
})

describe('runs', () => {
  const call = async (
    method: string,
    path: string,
  ): Promise<{ status: number; body: Record<string, unknown> }> => {
    const headers = { authorization: `token ${github.token('job')}` }
    const answer = await fetch(`${github.apiUrl}/repos/${scope}/actions${path}`, { method, headers })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }

  test('can be read and run again by the token of a job, once they are completed', async () => {
    await configure()
    const run = github.queueRun('CI', [
      job({ name: 'one', steps: [{ run: 'exit 3' }] }),
      job({ name: 'two', labels: ['nowhere'] }),
    ])
    expect((await call('GET', '/runs?status=queued')).body).toMatchObject({
      total_count: 1,
      workflow_runs: [{ id: run.id, run_attempt: 1 }],
    })
    expect((await call('POST', `/runs/${run.id}/rerun`)).status).toBe(403)
    await listen()
    await run.jobs[0]!.completed
    expect((await call('GET', `/runs/${run.id}/jobs`)).body).toMatchObject({
      jobs: [
        {
          name: 'one',
          status: 'completed',
          conclusion: 'failure',
          runner_name: 'box',
          steps: [{ conclusion: 'failure' }],
        },
        { name: 'two', status: 'queued', runner_name: null, labels: ['nowhere'] },
      ],
    })
    expect((await call('POST', `/runs/${run.id}/cancel`)).status).toBe(202)
    expect((await call('GET', `/runs/${run.id}`)).body).toMatchObject({
      status: 'completed',
      conclusion: 'failure',
    })
    expect((await call('POST', `/runs/${run.id}/rerun-failed-jobs`)).status).toBe(201)
    expect((await call('GET', `/runs/${run.id}`)).body).toMatchObject({
      run_attempt: 2,
      status: expect.stringMatching(/queued|in_progress/),
    })
    await run.jobs[0]!.completed
    expect(run.jobs[0]!.log).not.toBe('')
  })
})
