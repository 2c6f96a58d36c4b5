import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeVersion, runnerVersion } from '../../src/forges/gitlab/packages.ts'
import { linksIn } from '../emulators/gitlab/annotations.ts'
import type { EmulatedCloud } from '../sides/cloud-side.ts'
import { usualCloud } from '../sides/sides.ts'
import { startGitlab, type GitlabEmulator } from '../emulators/gitlab/gitlab.ts'
import { describeWith } from '../needs.ts'
import { cli, LocalGitlab, type Note } from './local-gitlab.ts'
import { startNpmRegistry, type NpmRegistry } from './npm-registry.ts'
import { expectEnd } from '../ended-as.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const { name: packageName, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  name: string
  version: string
}

// gitlab-ci-local copies with rsync.
const describeHere = describeWith(['git', 'rsync'])

let git: LocalGitlab
let repository: string
let cloud: EmulatedCloud
let gitlab: GitlabEmulator
let npm: NpmRegistry

beforeAll(async () => {
  git = new LocalGitlab()
  npm = await startNpmRegistry(packageName)
  repository = git.repository()
  npm.versions.set(version, git.packed(repository))
  const { status, log } = await publish(repository, git.remote)
  if (status !== 0) throw new Error(log)
})
afterAll(() => {
  git.close()
  npm.close()
})

const publish = (folder: string, ...args: readonly string[]) => git.publish(folder, npm.url, ...args)

beforeEach(async () => {
  ;[cloud, gitlab] = await Promise.all([usualCloud().start(), startGitlab()])
  gitlab.publishRunner(`v${runnerVersion}`, { amd64: 'a runner', arm64: 'a runner' })
  gitlab.publishNode(`v${nodeVersion}`, { 'linux-x64.tar.gz': 'a Node', 'linux-arm64.tar.gz': 'a Node' })
  git.forget()
})
afterEach(async () => {
  await Promise.all([cloud.close(), gitlab.close()])
})

/** What a project there has in its variables, and the predefined ones of its server. */
const world = (): Record<string, string> => {
  const { CI_SERVER_FQDN: _, ...variables } = gitlab.variables
  return {
    ...variables,
    ...cloud.variables,
    CML_GITLAB_RUNNER_DOWNLOADS: gitlab.runnerDownloads,
    CML_NODE_DOWNLOADS: gitlab.nodeDownloads,
    GITLAB_TOKEN: gitlab.token(),
  }
}

const include = (component: string, inputs: Record<string, unknown>) => ({
  component: `$CI_SERVER_FQDN/org/cml-runner/${component}@${version}`,
  inputs: { cloud: usualCloud().name, cli, ...inputs },
})

/** JSON is YAML. */
const consumer = (...parts: readonly object[]) =>
  git.project({ '.gitlab-ci.yml': JSON.stringify(Object.assign({}, ...parts)) })

const only = (notes: readonly Note[], ...argv: readonly string[]) =>
  notes.filter((note) => note.argv.join(' ') === argv.join(' '))

/** As a machine that boots would bring it about. */
async function bringOnline(): Promise<string> {
  const { name } = await gitlab.until(() => gitlab.runners().find(({ online }) => !online))
  await cloud.until(() => cloud.calls('create').length > 0)
  gitlab.stageRunner({ name, online: true })
  return name
}

/** AWS's token service, as far as it is asked for a role, and whose account it is. */
async function startSts() {
  const requests: Record<string, string>[] = []
  const credentials =
    '<AccessKeyId>ASIAEMULATED00000001</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>'
  const results: Readonly<Record<string, string>> = {
    AssumeRoleWithWebIdentity: `<Credentials>${credentials}</Credentials>`,
    GetCallerIdentity: '<Account>111122223333</Account>',
  }
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => void (body += chunk))
    request.on('end', () => {
      const asked = Object.fromEntries(new URLSearchParams(body))
      requests.push(asked)
      const { Action = '' } = asked
      const result = results[Action]
      response.writeHead(result === undefined ? 400 : 200, { 'Content-Type': 'text/xml' })
      response.end(
        `<${Action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${Action}Result>${result}</${Action}Result></${Action}Response>`,
      )
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, requests, close: () => void server.close() }
}

describeHere('publishing', () => {
  test('makes the folder a project of its own, with the version as tag', () => {
    const files = git.git(git.remote, 'ls-tree', '-r', '--name-only', version).split('\n')
    expect(files).toEqual(
      expect.arrayContaining(['README.md', 'LICENSE', '.gitlab-ci.yml', 'templates/runner.yml']),
    )
    expect(git.git(git.remote, 'rev-parse', 'main')).toBe(git.git(git.remote, 'rev-parse', version))
  })

  test('refuses a version that is out, changes that are not committed, and templates that call another version', async () => {
    const again = await publish(repository, git.remote)
    expect(again).toMatchObject({
      status: 1,
      log: expect.stringContaining(`${version} is published already`),
    })
    const other = git.repository()
    writeFileSync(join(other, 'gitlab-component/new.txt'), '')
    expect((await publish(other, git.remote)).log).toContain('commit the changes')
    rmSync(join(other, 'gitlab-component/new.txt'))
    const manifest = readFileSync(join(other, 'package.json'), 'utf8')
    writeFileSync(join(other, 'package.json'), manifest.replace(`"${version}"`, '"9.8.7"'))
    git.commit(other)
    expect(await publish(other, git.remote)).toMatchObject({
      status: 1,
      log: expect.stringContaining(`does not call ${packageName}@9.8.7`),
    })
    expect((await publish(other)).status).toBe(1)
    const shallow = join(git.folder, 'shallow')
    git.git(git.folder, 'clone', '--quiet', '--depth', '1', `file://${repository}`, shallow)
    expect((await publish(shallow, git.remote)).log).toContain('this clone is shallow')
    expect(git.git(git.remote, 'tag')).toBe(version)
  })

  test('refuses a version whose package is not out, or is somebody else’s', async () => {
    const remote = join(git.folder, 'nobody.git')
    git.git(git.folder, 'init', '--quiet', '--bare', remote)
    const { versions } = npm
    const ours = versions.get(version)!
    versions.delete(version)
    expect(await publish(repository, remote)).toMatchObject({
      status: 1,
      log: expect.stringContaining(`npm has no ${packageName}@${version}`),
    })
    versions.set(version, `sha512-${Buffer.alloc(64, 7).toString('base64')}`)
    expect(await publish(repository, remote)).toMatchObject({
      status: 1,
      log: expect.stringMatching(/is not what this checkout packs \(sha512-BwcH\S+ is published, sha512-/),
    })
    expect(git.git(remote, 'for-each-ref')).toBe('')
    versions.set(version, ours)
    expect((await publish(repository, remote)).status).toBe(0)
    expect(git.git(remote, 'tag')).toBe(version)
  })

  test('adds a later version to the same history, or shows what it would push', async () => {
    const before = git.git(git.remote, 'rev-parse', 'main')
    for (const file of [
      'package.json',
      ...['runner', 'stop', 'sweep', 'list', 'rerun', 'doctor'].map(
        (name) => `gitlab-component/templates/${name}.yml`,
      ),
    ]) {
      const path = join(repository, file)
      writeFileSync(
        path,
        readFileSync(path, 'utf8').replace(new RegExp(`(cml-runner@|"version": ")${version}`), '$19.0.0'),
      )
    }
    git.commit(repository)
    npm.versions.set('9.0.0', git.packed(repository))
    expect((await publish(repository, '--dry-run', git.remote)).status).toBe(0)
    expect(git.git(git.remote, 'tag')).toBe(version)
    expect((await publish(repository, git.remote)).status).toBe(0)
    expect(git.git(git.remote, 'rev-parse', '9.0.0^')).toBe(before)
  })
})

describeHere('a pipeline that includes the component', () => {
  test('launches, hands the machine’s facts to a later job, and takes the machine away', async () => {
    const project = consumer({
      include: [
        include('runner', {
          labels: 'cr-$CI_PIPELINE_ID',
          'cloud-region': 'eu-west',
          'idle-timeout': '15m',
          'output-prefix': 'GPU_',
        }),
        include('stop', { 'cloud-region': 'eu-west' }),
      ],
      train: {
        needs: ['launch-runner'],
        // Where it would run is decided when the pipeline begins, by the same predefined variable.
        tags: ['cr-$CI_PIPELINE_ID'],
        script: ['echo "on $GPU_INSTANCE_ID with $GPU_LABELS until $GPU_EXPIRES_AT"'],
      },
    })
    const name = bringOnline()
    const { code, log } = await git.pipeline(project, world())
    expectEnd(code, 0, log)
    const [machine] = cloud.machines
    const pipeline = only(git.notes(), 'launch')[0]!.env.CI_JOB_ID && /cr-(\d+)/.exec(log)![1]
    expect(log).toMatch(new RegExp(`train +> on ${machine!.id} with cr-${pipeline},\\S+ until 20`))
    expect(log).toContain(`Runner ${await name} came online and stays`)
    expect(git.notes().map(({ argv }) => argv.join(' '))).toEqual([
      'launch',
      'post launch',
      'stop',
      'post stop',
    ])
    expect(cloud.leftovers()).toBe(0)
    expect(gitlab.leftovers().registrations).toEqual([])
    expect(log).not.toContain(gitlab.token())
    for (const secret of gitlab.secrets()) expect(log).not.toContain(secret)
    const report = readFileSync(join(project, 'cml-runner-links.json'), 'utf8')
    expect(Object.keys(linksIn(report))).toEqual([
      `Machine ${machine!.id} (${cloud.side.name}, eu-west-1)`,
      `Runner ${await name}`,
    ])
    expect(readdirSync(project).filter((file) => file.startsWith('.cml-runner'))).toEqual([])
  })

  test.each([
    ['SIGKILL', '19.4.0', 'The launch did not finish. Removing everything of'],
    ['SIGTERM', '19.4.0', 'The launch did not finish. Removing everything of'],
    // Where a cancelled job has no after_script, as before GitLab 17, the launch removes what it made before it ends.
    ['SIGTERM', '16.11.0', 'Nothing of this launch is left.'],
  ] as const)('leaves nothing when its process gets %s under GitLab %s', async (signal, server, said) => {
    const project = consumer({ include: [include('runner', {})] }, { work: { script: ['true'] } })
    const ended = cloud
      .until(() => cloud.machines.length > 0 && gitlab.runners().length > 0)
      .then(() => process.kill(git.notes()[0]!.pid, signal))
    const { code, log } = await git.pipeline(project, { ...world(), CI_SERVER_VERSION: server })
    await ended
    expect(code).toBe(1)
    expect(log).toContain(said)
    expect(git.notes().map(({ argv }) => argv.join(' '))).toEqual(['launch', 'post launch'])
    expect(cloud.leftovers()).toBe(0)
    expect(gitlab.leftovers().registrations).toEqual([])
  })

  test('at a SHA, a dry run tells its decisions and makes nothing', async () => {
    const sha = git.git(git.remote, 'rev-parse', version)
    const part = {
      ...include('runner', { 'dry-run': 'true' }),
      component: `gitlab.example.test/org/cml-runner/runner@${sha}`,
    }
    const { code, log } = await git.pipeline(consumer({ include: [part] }), world())
    expect(log).toContain('Dry run: nothing was created.')
    expect(code).toBe(0)
    expect([cloud.calls('create'), gitlab.leftovers().registrations]).toEqual([[], []])
  })

  test.each([
    [{ cloud: null }, 'cloud', 'required value has not been provided'],
    [{ cloud: 'asw' }, 'cloud', 'does not match required regex'],
    [{ cli: 'true; id' }, 'cli', 'does not match required regex'],
    [{ 'idle-timeout': 300 }, 'idle-timeout', 'provided value is not a string'],
    [{ single: 'yes' }, 'single', 'not in the list of allowed options'],
    [{ single: true }, 'single', 'provided value is not a string'],
    [{ labels: 'a\nCML_RUNNER_CLI: id' }, 'labels', 'does not match required regex'],
    [{ tags: 'gpu' }, 'tags', 'provided value is not a array'],
  ])('is refused before any job with %j', async (inputs, name, problem) => {
    const { code, log } = await git.pipeline(consumer({ include: [include('runner', inputs)] }), world())
    expect(code).toBe(1)
    expect(log.replace(/\u001b\[[\d;]*m/g, '')).toContain(`\`${name}\` input`)
    expect(log).toContain(problem)
    expect(git.notes()).toEqual([])
  })

  test('gives hostile texts to the program as they are, and to nothing else', async () => {
    const trap = join(git.folder, 'trap')
    const hostile = `a"b'c\\d $(touch ${trap}) \`touch ${trap}\`; touch ${trap} & # : - | > * ? ~ %7B [x] {y} !!z`
    const part = include('runner', { name: hostile, 'cloud-image': '"; exit 1', 'dry-run': 'true' })
    const { code, log } = await git.pipeline(consumer({ include: [part] }), world())
    const [note] = only(git.notes(), 'launch')
    expect(note!.env.CML_RUNNER_INPUT_NAME).toBe(hostile)
    expect(note!.env.CML_RUNNER_INPUT_CLOUD_IMAGE).toBe('"; exit 1')
    expect(note!.argv).toEqual(['launch'])
    expect(existsSync(trap)).toBe(false)
    // The program says what is wrong with them, by the names of the inputs.
    expect(code).toBe(1)
    expect(log).toContain('`name`: ')
  })

  test('gets credentials of AWS for the ID token of the job, through a file that is its own and gone afterwards', async () => {
    const sts = await startSts()
    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...others } = world()
    const part = include('runner', {
      'dry-run': 'true',
      'aws-role-arn': 'arn:aws:iam::111122223333:role/cml-runner',
      'npm-registry': 'https://npm.example.test/',
    })
    const variables = {
      ...others,
      CML_RUNNER_LOGIN_AWS_TOKEN: 'eyJ.the.token',
      AWS_ENDPOINT_URL_STS: sts.url,
    }
    const { code, log } = await git.pipeline(consumer({ include: [part] }), variables)
    sts.close()
    const [launch, post] = git.notes()
    const session = `cml-runner-${gitlab.variables.CI_PROJECT_ID}-${launch!.env.CI_JOB_ID}`
    // With them, whose account it is can be asked.
    expect(sts.requests).toEqual([
      {
        Action: 'AssumeRoleWithWebIdentity',
        Version: '2011-06-15',
        RoleArn: 'arn:aws:iam::111122223333:role/cml-runner',
        RoleSessionName: session,
        WebIdentityToken: 'eyJ.the.token',
      },
      { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    ])
    expect([code, log]).toEqual([0, expect.stringContaining('Dry run: nothing was created.')])
    for (const { env, token } of [launch!, post!]) {
      expect(env.npm_config_registry).toBe('https://npm.example.test/')
      expect(token).toEqual({ text: 'eyJ.the.token', mode: 0o600 })
      expect(existsSync(env.AWS_WEB_IDENTITY_TOKEN_FILE!)).toBe(false)
    }
    expect(log).not.toContain('eyJ.the.token')
  })

  test('leaves credentials and npm alone where nothing is said of them', async () => {
    await git.pipeline(consumer({ include: [include('runner', { 'dry-run': 'true' })] }), world())
    const names = Object.keys(git.notes()[0]!.env)
    expect(names.filter((name) => /ROLE|IDENTITY|registry/.test(name))).toEqual(['CML_RUNNER_LOGIN_AWS_ROLE'])
  })

  test('can hold several launches under names of their own, and leaves sweeping to schedules', async () => {
    const project = consumer({
      include: [
        include('runner', { 'job-name': 'launch: a', name: 'a', 'dry-run': 'true' }),
        include('runner', { 'job-name': 'launch: b', name: 'b', 'dry-run': 'true' }),
        include('sweep', { 'dry-run': 'true' }),
      ],
    })
    const { code, log } = await git.pipeline(project, world())
    expectEnd(code, 0, log)
    const calls = git
      .notes()
      .map(({ argv, env }) => `${env.CI_JOB_NAME} ${argv.join(' ')} ${env.CML_RUNNER_INPUT_NAME}`)
    expect(calls.toSorted()).toEqual([
      'launch: a launch a',
      'launch: a post launch a',
      'launch: b launch b',
      'launch: b post launch b',
    ])
    git.forget()
    const scheduled = await git.pipeline(
      project,
      { ...world(), CI_PIPELINE_SOURCE: 'schedule' },
      'sweep-runners',
    )
    expect(git.notes().map(({ argv }) => argv)).toEqual([['sweep']])
    expectEnd(scheduled.code, 0, scheduled.log)
  })

  test('gives each leg of a matrix a launch with its own label', async () => {
    const matrix = [{ FOLD: ['a', 'b'] }]
    const project = consumer({
      include: [include('runner', { labels: 'cr-$CI_PIPELINE_ID-$FOLD', 'dry-run': 'true' })],
      'launch-runner': { parallel: { matrix } },
    })
    const { code, log } = await git.pipeline(project, world())
    expectEnd(code, 0, log)
    const labels = only(git.notes(), 'launch').map(({ env }) => env.CML_RUNNER_INPUT_LABELS)
    expect(labels.toSorted()).toEqual([
      expect.stringMatching(/^cr-\d+-a$/),
      expect.stringMatching(/^cr-\d+-b$/),
    ])
  })

  test('is made from the example by hand with a launch and a stop, in a schedule with a sweep alone', async () => {
    const project = git.project({
      '.gitlab-ci.yml': readFileSync(join(root, 'gitlab-component/examples/train.yml'), 'utf8'),
    })
    const jobs = async (source: string) => {
      const { stdout } = await git.pipeline(project, { CI_PIPELINE_SOURCE: source }, '--list-json')
      const listed = JSON.parse(stdout) as readonly {
        name: string
        stage: string
        when: string
        needs?: unknown
      }[]
      const present = listed.filter(({ when }) => when !== 'never')
      return present.map(({ name, stage, when }) => `${name} ${stage} ${when}`).toSorted()
    }
    expect(await jobs('web')).toEqual([
      'launch-runner .pre on_success',
      'stop-runner .post always',
      'train train on_success',
    ])
    expect(await jobs('schedule')).toEqual(['sweep-runners train on_success'])
  })
})

describeHere('the component’s own pipeline', () => {
  test('tests its templates at the commit it runs for', async () => {
    const folder = join(git.folder, 'own')
    git.git(git.folder, 'clone', '--quiet', '--branch', version, git.remote, folder)
    git.git(folder, 'remote', 'set-url', 'origin', 'https://gitlab.example.test/org/cml-runner')
    const own = { CML_RUNNER_CLI: cli, PACKAGED_CLI: cli }
    const plain = await git.pipeline(folder, { CI_PROJECT_PATH: 'org/cml-runner', ...own })
    expect([plain.code, plain.log]).toEqual([0, expect.stringContaining('PASS  one-version')])
    expect(git.notes()).toEqual([])
    const { CI_PROJECT_PATH: _, ...accounts } = world()
    const whole = await git.pipeline(folder, { ...accounts, ...own, CI_COMMIT_TAG: version })
    expectEnd(whole.code, 0, whole.log)
    const calls = git.notes().map(({ argv }) => argv.join(' '))
    expect(calls.toSorted()).toEqual([
      '--version',
      'launch',
      'list',
      'post launch',
      'post stop',
      'stop',
      'sweep',
    ])
    expect(cloud.calls('create')).toEqual([])
  })
})
