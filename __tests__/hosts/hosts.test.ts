import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compiled } from '../compiled.ts'
import { OutputReader, parseKeyValueFile, SecretMasker } from '../emulators/actions-runner/commands.ts'
import { catalogue } from '../../src/entry/catalogue.ts'
import { readArguments } from '../../src/hosts/arguments.ts'
import { shapeOf } from '../../src/options/shape.ts'
import { Masks } from '../../src/hosts/masks.ts'
import { githubOrigin } from '../../src/hosts/origin.ts'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')
let temp: string
let files: Record<string, string>

beforeAll(async () => {
  temp = await mkdtemp(join(tmpdir(), 'hosts-test-'))
})
afterAll(() => rm(temp, { recursive: true }))

function start(kind: string, story: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const args = ['--import', join(root, 'scripts/typescript.mjs'), join(here, 'step.ts'), kind, ...story]
  return spawn(process.execPath, args, {
    env: { ...compiled, ...files, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs a story to its end, and shows it as the runner would. */
async function run(kind: string, story: readonly string[], env: Record<string, string> = {}) {
  const names = ['OUTPUT', 'STATE', 'STEP_SUMMARY']
  files = Object.fromEntries(names.map((name) => [`GITHUB_${name}`, join(temp, name)]))
  for (const file of Object.values(files)) await writeFile(file, '')
  const child = start(kind, story, env)
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]!.setEncoding('utf8').on('data', (chunk: string) => (texts[name] += chunk))
  const [code] = (await once(child, 'close')) as [number]
  const masker = new SecretMasker()
  const log: string[] = []
  const reader = new OutputReader(masker, (line) => log.push(line), false)
  reader.write(texts.stdout)
  reader.end()
  const outputs = parseKeyValueFile(await readFile(files.GITHUB_OUTPUT!, 'utf8'))
  const state = parseKeyValueFile(await readFile(files.GITHUB_STATE!, 'utf8'))
  const summary = await readFile(files.GITHUB_STEP_SUMMARY!, 'utf8')
  return { ...texts, code, log, outputs, state, summary, masks: masker.values }
}

describe('a step of GitHub Actions', () => {
  test('its options are the inputs, without the internal ones', async () => {
    const { stdout } = await run('action', ['options'], {
      'INPUT_CLOUD-TYPE': 'm',
      INPUT_LABELS: '',
      INPUT_COMMAND: ' launch ',
      'INPUT_JOB-INSTANCE': '12/0',
    })
    expect(JSON.parse(stdout)).toEqual({
      given: { 'cloud-type': 'm', labels: '' },
      words: ['launch'],
      problems: [],
      prefix: '',
    })
  })

  test('its origin comes from the runner’s variables', async () => {
    const job = {
      GITHUB_RUN_ID: '71',
      GITHUB_RUN_ATTEMPT: '2',
      GITHUB_JOB: 'deploy',
      GITHUB_ACTION: '__self',
      GITHUB_ACTOR: 'me',
    }
    const { stdout } = await run('action', ['origin'], { ...job, RUNNER_TRACKING_ID: 'github_guid' })
    expect(JSON.parse(stdout)).toEqual({
      host: 'github',
      run: '71',
      attempt: '2',
      job: 'github_guid',
      step: '__self',
      owner: 'me',
    })
    expect(githubOrigin(job, '12/3').job).toBe('deploy/12/3')
    expect(githubOrigin({ ...job, RUNNER_TRACKING_ID: '' }, '/').job).toBe('deploy/')
  })

  test('a secret is masked whole and line by line, save lines too short to be one', async () => {
    const { masks, log } = await run('action', ['mask'])
    expect(masks.toSorted()).toEqual([
      '-----BEGIN KEY-----',
      '-----END KEY-----',
      'base64base64',
      'ghp_token',
    ])
    expect(log).toEqual(['token ***, key ***, pad =='])
  })

  test('errors and warnings become annotations, and debug lines show only when asked for', async () => {
    expect((await run('action', ['log'])).log).toEqual([
      '##[error]error text',
      '##[warning]warn text',
      'info text',
    ])
    expect((await run('action', ['log'], { RUNNER_DEBUG: '1' })).log).toContain('debug text')
    expect((await run('action', ['quiet'])).log).toEqual(['##[error]heard'])
  })

  test('text of others cannot command the runner', async () => {
    const { log, masks, stdout } = await run('action', ['hostile'])
    expect(masks).toEqual([])
    expect(stdout).not.toContain('##[error]')
    expect(log.map((line) => line.replaceAll('\u200b', '')).slice(0, 2)).toEqual([
      '::set-output name=a::b',
      '  ::add-mask::e',
    ])
  })

  test('groups open and close around their body', async () => {
    expect((await run('action', ['group'])).log).toEqual(['##[group]Boot', 'inside', '##[endgroup]'])
  })

  test('outputs are step outputs, and one that a mask would swallow is warned about', async () => {
    const { outputs, log } = await run('action', ['output'])
    expect(outputs).toEqual({ instanceId: 'i-1', spot: 'true', label: 'cml-masked-part', runsOn: '["a"]\nb' })
    expect(log).toEqual([
      '##[warning]Output label holds a masked text: GitHub will not pass it on to other jobs.',
    ])
  })

  test('the summary is written, replaced when GitHub would drop it, and forgone where there is no file', async () => {
    expect((await run('action', ['summary'])).summary.trim()).toBe('# Done')
    expect((await run('action', ['long-summary'])).summary).toContain('too long')
    expect((await run('action', ['summary'], { GITHUB_STEP_SUMMARY: '/nonexistent' })).code).toBe(0)
  })

  test('the summary stands once, above what was asked for, and not at all where nobody wants it', async () => {
    expect((await run('action', ['footed'])).summary.trim()).toBe('# Done\n\nbelow')
    for (const off of ['false', 'OFF', '0'])
      expect((await run('action', ['footed'], { CML_RUNNER_SUMMARY: off })).summary).toBe('')
  })

  test('good news and failures are annotations with a title, options’ failures on the workflow’s own file', async () => {
    expect((await run('action', ['announce'])).stdout).toContain(
      '::notice title=Runner%3A online::after 48 s, 100 %25%0A::error::x\n',
    )
    const variables = {
      GITHUB_REPOSITORY: 'o/r',
      GITHUB_WORKFLOW_REF: 'o/r/.github/workflows/t.yml@refs/heads/a',
    }
    const { stdout } = await run('action', ['fail'], variables)
    const title = 'title=cml-runner%3A a%2C b'
    expect(stdout.split('\n')[0]).toBe(
      `::error ${title},file=.github/workflows/t.yml,line=1::What.%0AWhy.%0AWhat to do: x`,
    )
    expect(stdout).toContain('\n:\u200b:error::quoted\nmore\n')
    const elsewhere = await run('action', ['fail'], { ...variables, GITHUB_REPOSITORY: 'o/other' })
    expect(elsewhere.stdout).toContain(`::error ${title}::What.`)
  })

  test('state goes to the post step', async () => {
    expect((await run('action', ['state'])).state).toEqual({ identity: 'abc' })
    expect((await run('action', ['read-state'], { STATE_identity: 'abc' })).stdout.trim()).toBe(
      'abc undefined',
    )
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s aborts its signal and leaves the end to the work',
    async (signal) => {
      const child = start('action', ['wait'])
      await once(child.stdout!, 'data')
      child.kill(signal)
      const [line] = (await once(child.stdout!.setEncoding('utf8'), 'data')) as [string]
      expect(line.trim()).toBe(`first cancelled ${signal}`)
      expect(await once(child, 'close')).toEqual([0, null])
    },
  )
})

describe('a terminal', () => {
  test('logs go to stderr with secrets masked, and the outputs to stdout as one line', async () => {
    const { stdout, stderr } = await run('terminal', ['mask', 'log', 'output'])
    expect(stderr.split('\n')).toEqual([
      'token ***, key ***, pad ==',
      'error: error text',
      'warning: warn text',
      'info text',
      '',
    ])
    expect(stdout.trim().split('\n')).toHaveLength(1)
    expect(JSON.parse(stdout)).toMatchObject({ instanceId: 'i-1', spot: true })
  })

  test('text of others cannot steer the terminal', async () => {
    expect((await run('terminal', ['hostile'])).stderr).not.toContain('\u001b')
  })

  test.each([
    [
      'in GitLab CI',
      { GITLAB_CI: 'true', CI_PIPELINE_ID: '5', CI_JOB_ID: '6' },
      { host: 'gitlab', run: '5', job: '6' },
    ],
    [
      'in GitHub Actions',
      { GITHUB_ACTIONS: 'true', GITHUB_RUN_ID: '7', GITHUB_ACTION: '__run' },
      { host: 'github', run: '7', step: '__run' },
    ],
    ['elsewhere', { USER: 'me' }, { host: 'terminal', owner: 'me' }],
  ])('its origin %s is told by the surroundings', async (_, env, expected) => {
    expect(
      JSON.parse((await run('terminal', ['origin'], env as Record<string, string>)).stdout),
    ).toMatchObject(expected)
  })

  test('its origin outside CI is another for each process and stays the same in one', async () => {
    const [one, two] = await Promise.all([
      run('terminal', ['origin', 'origin-twice']),
      run('terminal', ['origin']),
    ])
    expect(one.stdout).toContain('true')
    expect(one.stdout.split('\n')[0]).not.toBe(two.stdout.split('\n')[0])
  })

  test('goes on when nobody reads it any more', async () => {
    const child = start('terminal', ['wait', 'log'])
    await once(child.stdout!, 'data')
    for (const stream of [child.stdout, child.stderr]) stream!.destroy()
    child.kill('SIGHUP')
    child.kill('SIGTERM')
    expect(await once(child, 'close')).toEqual([0, null])
  })

  test('the second signal says that nobody will wait', async () => {
    const child = start('terminal', ['wait'])
    const out = child.stdout!.setEncoding('utf8')
    await once(out, 'data')
    child.kill('SIGINT')
    expect(((await once(out, 'data')) as [string])[0].trim()).toBe('first cancelled SIGINT')
    child.kill('SIGTERM')
    expect(((await once(out, 'data')) as [string])[0].trim()).toBe('second SIGTERM')
    expect(await once(child, 'close')).toEqual([0, null])
  })
})

describe('a command line', () => {
  const shape = shapeOf(catalogue.table)
  const read = (...argv: readonly string[]) => readArguments(argv, shape)

  test.each([
    [['--name', 'x', '--labels=a'], { name: 'x', labels: 'a' }],
    [['--labels', 'a', '--labels', 'b,c'], { labels: 'a\nb,c' }],
    [['--single', '--name', 'x'], { single: 'true', name: 'x' }],
    [['--single', 'false'], { single: 'false' }],
    [['--single=true'], { single: 'true' }],
    [['--no-single'], { single: 'false' }],
    [['--idle-timeout', '-1'], { 'idle-timeout': '-1' }],
    [['--name='], { name: '' }],
    [['--name=a=b\nc'], { name: 'a=b\nc' }],
    [
      ['--cloud-ssh-private', '-----BEGIN RSA PRIVATE KEY-----\nx'],
      { 'cloud-ssh-private': '-----BEGIN RSA PRIVATE KEY-----\nx' },
    ],
    [['--name', 'x', '--name', 'x'], { name: 'x' }],
  ])('%j is read', (argv, given) => {
    expect(read(...argv)).toEqual({ given, words: [], problems: [], help: false, version: false })
  })

  test('words are kept apart from options, and everything after two dashes is a word', () => {
    expect(read('runner', 'launch', '--single', '--', '--name', 'x')).toMatchObject({
      given: { single: 'true' },
      words: ['runner', 'launch', '--name', 'x'],
    })
    expect(read('--single', 'launch')).toMatchObject({ given: { single: 'true' }, words: ['launch'] })
  })

  test('an option nobody knows is passed on with its value, so that one complaint covers it', () => {
    expect(read('--nmae', 'x', '--__proto__', 'y', '--no-retry')).toMatchObject({ words: [], problems: [] })
    expect(Object.entries(read('--nmae', 'x', '--__proto__', 'y', '--no-retry').given)).toEqual([
      ['nmae', 'x'],
      ['__proto__', 'y'],
      ['no-retry', 'true'],
    ])
  })

  test.each([
    [['--cloudType', 'm', '--cloudAwsSubnetId=s'], { 'cloud-type': 'm', 'cloud-aws-subnet-id': 's' }],
    [['--cloud_region', 'us-east', '--IDLE-TIMEOUT=5'], { 'cloud-region': 'us-east', 'idle-timeout': '5' }],
    [['--tf_resource', 'x'], { 'tf-resource': 'x' }],
    [['--cloud-metadata', 'a=1', 'b=2', '--single'], { 'cloud-metadata': 'a=1\nb=2', single: 'true' }],
    [['--cloud-metadata=a=1', 'b=2', '--cloud-metadata', 'c=3'], { 'cloud-metadata': 'a=1\nb=2\nc=3' }],
    [['--docker-volumes', '/a:/a', '/b:/b'], { 'docker-volumes': '/a:/a\n/b:/b' }],
    [['--no-retry'], { 'no-retry': 'true' }],
    [['--no-retry=false'], { 'no-retry': 'false' }],
    [['--noRetry', 'true'], { 'no-retry': 'true' }],
    [['--noSingle'], { single: 'false' }],
    [['--single', 'yes', '--reuse', '0'], { single: 'yes', reuse: '0' }],
    [
      ['--cloud-ssh-private-visible', '--tpi-version', '>= 1'],
      { 'cloud-ssh-private-visible': 'true', 'tpi-version': '>= 1' },
    ],
    // The backslashes of CML's own page, as a shell hands them on.
    [
      [' --repo', 'https://x', '--token=t', ' --labels', 'tf'],
      { repo: 'https://x', token: 't', labels: 'tf' },
    ],
    [['--name', ''], { name: '' }],
  ])('%j is read as CML read it, or better', (argv, given) => {
    expect(read(...argv)).toEqual({ given, words: [], problems: [], help: false, version: false })
  })

  test('a list that takes what follows it takes no command, no option and nothing behind two dashes', () => {
    expect(read('--cloud-metadata', 'a=1', 'stop')).toMatchObject({
      given: { 'cloud-metadata': 'a=1' },
      words: ['stop'],
    })
    expect(read('--docker-volumes', '/a', '--', '/b')).toMatchObject({
      given: { 'docker-volumes': '/a' },
      words: ['/b'],
    })
    expect(read('--labels', 'a', 'b')).toMatchObject({ given: { labels: 'a' }, words: ['b'] })
  })

  test.each([
    [['--name'], '`--name` needs a value.'],
    [['--name', '--single'], '`--name` needs a value.'],
    [['--name', 'a', '--name', 'b'], '`--name` is given more than once, with different values.'],
    [['-n', 'x'], 'There is no option `-n`: options are written with two dashes.'],
    [
      ['-labels', 'x'],
      'There is no option `-labels`: options are written with two dashes. Did you mean `--labels`?',
    ],
  ])('%j is a problem', (argv, problem) => {
    expect(read(...argv).problems).toEqual([problem])
  })

  test('help and version are asked for in the usual ways', () => {
    expect([
      read('--help').help,
      read('launch', '-h').help,
      read('--version').version,
      read('-V').version,
    ]).toEqual([true, true, true, true])
  })
})

describe('masks', () => {
  test('a secret inside a longer one leaves no rest', () => {
    const masks = new Masks()
    masks.add('secret')
    masks.add('my-secret-text')
    expect(masks.apply('my-secret-text secret')).toBe('*** ***')
    expect([masks.hit('a secret b'), masks.hit('nothing')]).toEqual([true, false])
  })

  test('each text is told once', () => {
    const masks = new Masks()
    expect(masks.add('one-line')).toEqual(['one-line'])
    expect(masks.add('one-line\nother')).toEqual(['other'])
  })
})

describe('a command line in a step of GitHub Actions', () => {
  test('hands on what the action does, and leaves stdout to the one line of JSON', async () => {
    const { stdout, stderr, outputs } = await run('step', ['group', 'output', 'result', 'announce'])
    expect(stdout).toBe(
      '{"instanceId":"i-1","spot":true,"label":"cml-masked-part","runsOn":"[\\"a\\"]\\nb"}\n',
    )
    expect(stderr).toContain('::group::Boot\ninside\n::endgroup::\n')
    expect(stderr).toContain('::notice title=Runner%3A online::')
    expect(outputs).toMatchObject({ instanceId: 'i-1', launches: '[{"name":"a ghp_token"}]' })
    expect((await run('step', ['summary'])).summary.trim()).toBe('# Done')
  })

  test('masks by itself, since its log may go to a file', async () => {
    const { stderr, outputs } = await run('step', ['mask', 'result', 'log'])
    expect(stderr).toContain('token ***, key ***, pad ==')
    expect(stderr).not.toMatch(/add-mask|ghp_token/)
    expect(outputs.launches).toBe('[{"name":"a ***"}]')
    expect(stderr).toContain('::error::error text\n::warning::warn text\ninfo text\n')
  })

  test('says nothing to the runner where that gave it no files', async () => {
    const { code, stdout } = await run('step', ['output', 'result'], { GITHUB_OUTPUT: '' })
    expect([code, stdout.split('\n').length]).toEqual([0, 2])
  })
})
