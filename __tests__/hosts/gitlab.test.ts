import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { catalogue } from '../../src/entry/catalogue.ts'
import { renderAnnotations } from '../../src/hosts/annotations.ts'
import { outputVariable, renderDotenv, standardPrefix } from '../../src/hosts/dotenv.ts'
import { afterScriptFollows } from '../../src/hosts/gitlab-deadline.ts'
import type { Outputs } from '../../src/hosts/host.ts'
import { outputs } from '../../src/options/outputs.ts'
import { variableOf } from '../../src/options/spelling.ts'
import { compiled } from '../compiled.ts'
import { linksIn } from '../emulators/gitlab/annotations.ts'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')
let project: string

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'gitlab-host-'))
})
afterEach(() => rmSync(project, { recursive: true }))

const job = { GITLAB_CI: 'true', CI_PIPELINE_ID: '5', CI_JOB_ID: '6', GITLAB_USER_LOGIN: 'me' }
const component = {
  CML_RUNNER_POST: 'true',
  CML_RUNNER_DOTENV: 'cml-runner.env',
  CML_RUNNER_ANNOTATIONS: 'cml-runner-links.json',
}
const current = { CI_SERVER_VERSION: '19.4.0', CI_RUNNER_VERSION: '19.4.0' }

function start(line: string, story: readonly string[], env: Record<string, string>): ChildProcess {
  const script = [join(root, 'scripts/typescript.mjs'), join(here, 'gitlab-job.ts')]
  const args = ['--import', ...script, line, ...story]
  const whole = { ...compiled, ...job, CI_PROJECT_DIR: project, ...env }
  // Elsewhere than in the project's folder, since a script may have changed its own.
  return spawn(process.execPath, args, { cwd: '/', env: whole, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function run(line: string, story: readonly string[], env: Record<string, string> = {}) {
  const child = start(line, story, env)
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]!.setEncoding('utf8').on('data', (chunk: string) => (texts[name] += chunk))
  const [code] = (await once(child, 'close')) as [number]
  expect(code).toBe(0)
  return texts
}

const told = async (line: string, story: string, env: Record<string, string> = {}) =>
  JSON.parse((await run(line, [story], env)).stdout) as Record<string, unknown>

describe('a job of GitLab CI', () => {
  test('a call by hand has the options of the command line, and nothing follows it', async () => {
    expect(await told('launch --labels a', 'options')).toMatchObject({
      given: { labels: 'a' },
      words: ['launch'],
      prefix: '--',
    })
    expect(await told('launch', 'facts', current)).toEqual({
      name: 'gitlab-ci',
      postFollows: false,
      hurried: true,
      host: 'gitlab',
      run: '5',
      attempt: '1',
      job: '6',
      step: '',
      owner: 'me',
    })
  })

  test('elsewhere the command line is a terminal’s, and knows no `post`', async () => {
    const elsewhere = { GITLAB_CI: 'false', CML_RUNNER_INPUT_LABELS: 'a' }
    expect(await told('launch', 'facts', elsewhere)).toMatchObject({ name: 'terminal' })
    expect(await told('post launch --labels b', 'options', elsewhere)).toMatchObject({
      given: { labels: 'b' },
      words: ['post', 'launch'],
      prefix: '--',
    })
  })

  test('inputs of the component are options, those that nobody gave are not, and a flag wins', async () => {
    const env = {
      ...component,
      CML_RUNNER_CLI: 'npx --yes cml-runner@1.2.3',
      CML_RUNNER_LOGIN_SOMEWHERE_TOKEN: 'eyJ',
      CML_RUNNER_LOGIN_SOMEWHERE_ROLE: '-',
      CML_RUNNER_NPM_REGISTRY: '-',
      CML_RUNNER_INPUT_LABELS: 'gpu,cr-5',
      CML_RUNNER_INPUT_SINGLE: '-',
      CML_RUNNER_INPUT_CLOUD_HDD_SIZE: '-',
      CML_RUNNER_INPUT_CLOUD_REGION: '-',
      CML_RUNNER_CLOUD_REGION: 'eu-west',
    }
    const { variables, ...options } = await told('launch', 'options', env)
    expect(options).toEqual({ given: { labels: 'gpu,cr-5' }, words: ['launch'], problems: [], prefix: '' })
    // What the component sets for itself is no option that somebody misspelt.
    const ours = Object.keys(variables as object).filter((name) => name.startsWith('CML_'))
    expect(ours).toEqual(['CML_RUNNER_CLOUD_REGION'])
    // Also what would be so without them: a variable of the whole project may say otherwise.
    const asked = { ...env, CML_RUNNER_INPUT_SINGLE: 'false', CML_RUNNER_INPUT_CLOUD_HDD_SIZE: '35' }
    expect(await told('launch --labels b', 'options', asked)).toMatchObject({
      given: { labels: 'b', single: 'false', 'cloud-hdd-size': '35' },
      prefix: '--',
    })
    expect(await told('post launch', 'options', env)).toMatchObject({
      given: { labels: 'gpu,cr-5' },
      words: ['launch'],
    })
  })

  test.each([
    ['launch', current, true],
    ['launch', { CI_SERVER_VERSION: '17.0.0-ee', CI_RUNNER_VERSION: '16.11.1' }, true],
    ['launch', { CI_SERVER_VERSION: '16.11.9', CI_RUNNER_VERSION: '17.0.0' }, false],
    ['launch', { CI_SERVER_VERSION: '18.0.0', CI_RUNNER_VERSION: '16.11.0' }, false],
    ['launch', {}, false],
    ['post launch', current, false],
  ])(
    'under `%s` and %j it is %s that the after_script ends a cancelled launch',
    async (line, versions, follows) => {
      const env = { ...component, ...(versions as Record<string, string>) }
      expect(await told(line, 'facts', env)).toMatchObject({ postFollows: follows })
    },
  )

  test('at the end of the job’s time no after_script follows, and the launch has to end what it made', () => {
    const start = Date.parse('2026-01-01T00:00:00Z')
    const minute = 60_000
    const timed = { ...current, CI_JOB_STARTED_AT: '2026-01-01T00:00:00Z', CI_JOB_TIMEOUT: '1800' }
    const follows = (env: Record<string, string>, minutes: number) =>
      afterScriptFollows(env, start + minutes * minute)
    expect([0, 28, 29.5, 30, 31].map((at) => follows(timed, at))).toEqual([true, true, false, false, false])
    // The runner's own limit is in that number, whatever the job's `timeout` says.
    expect([8, 10].map((at) => follows({ ...timed, CI_JOB_TIMEOUT: '600' }, at))).toEqual([true, false])
    for (const unknown of [{ CI_JOB_TIMEOUT: '' }, { CI_JOB_STARTED_AT: '' }, { CI_JOB_TIMEOUT: 'soon' }])
      expect(follows({ ...timed, ...unknown }, 600)).toBe(true)
    expect(follows({ ...timed, CI_SERVER_VERSION: '16.0.0' }, 0)).toBe(false)
  })

  test('what is secret is shown nowhere, however it is cut', async () => {
    const { stdout, stderr } = await run('launch', ['mask'])
    expect(stdout + stderr).not.toContain('glrt-secret')
    expect(stderr).toContain('a *** b ***\n')
    expect(stdout).toBe('***\n')
  })

  test('the log goes to stderr, errors and warnings in colour, and text of others cannot open a section', async () => {
    expect((await run('launch', ['log'])).stderr.split('\n')).toEqual([
      '\u001b[31;1merror: error text\u001b[0m',
      '\u001b[33mwarning: warn text\u001b[0m',
      'info text',
      '',
    ])
    const traced = await run('launch', ['log'], { CI_DEBUG_TRACE: 'true' })
    expect(traced.stderr).toContain('debug: debug text')
    expect((await run('launch', ['hostile'])).stderr).toBe('section_start:1:xtitle\n')
  })

  // Source: docs.gitlab.com, "Custom collapsible sections".
  test('sections open and close around their body, also a failing one, each with its own name', async () => {
    const { stderr } = await run('launch', ['group', 'failing-group', 'quiet', 'group'])
    const marks = [...stderr.matchAll(/\u001b\[0Ksection_(start|end):(\d+):([\w.-]+)\r\u001b\[0K/g)]
    expect(marks.map(([, side, , name]) => `${side} ${name}`)).toEqual([
      'start cml_runner_1',
      'end cml_runner_1',
      'start cml_runner_2',
      'end cml_runner_2',
    ])
    for (const [, , seconds] of marks) expect(seconds).toHaveLength(10)
    expect(stderr).toMatch(/\u001b\[0KBoot\ninside\n\u001b\[0Ksection_end:\d+:cml_runner_1\r\u001b\[0K\n/)
    expect(stderr).toContain('failed: no')
  })

  test('outputs are one line on stdout, and a dotenv report in the project’s folder that others can read', async () => {
    const { stdout, stderr } = await run('launch', ['output', 'summary'], component)
    expect(JSON.parse(stdout)).toMatchObject({ instanceIp: '10.0.0.1', spot: true })
    expect([stdout.trim().split('\n').length, stderr]).toEqual([1, ''])
    const report = join(project, 'cml-runner.env')
    expect(readFileSync(report, 'utf8')).toBe(
      'CML_INSTANCE_IP=10.0.0.1\nCML_INSTANCE_LAUNCH_TIME=2026-01-01T00:00:00.000Z\nCML_SPOT=true\nCML_RUNS_ON=["a"]\n',
    )
    expect(statSync(report).mode & 0o777).toBe(0o644)
    for (const [env, line] of [
      [{ CML_RUNNER_INPUT_OUTPUT_PREFIX: 'GPU_' }, 'GPU_SPOT=true'],
      [{ CML_RUNNER_OUTPUT_PREFIX: 'GPU_' }, 'GPU_SPOT=true'],
      [{ CML_RUNNER_OUTPUT_PREFIX: 'GPU_', CML_RUNNER_INPUT_OUTPUT_PREFIX: 'CML_' }, 'CML_SPOT=true'],
      [{ CML_RUNNER_INPUT_OUTPUT_PREFIX: 'none' }, 'SPOT=true'],
    ] as const) {
      await run('launch', ['output'], { ...component, ...env })
      expect(readFileSync(report, 'utf8').split('\n')).toContain(line)
    }
  })

  test('links are a report of annotations as GitLab takes it, of web pages alone', async () => {
    const { stdout, stderr } = await run('launch', ['links'], component)
    expect([stdout, stderr]).toEqual(['', ''])
    const report = join(project, 'cml-runner-links.json')
    expect(linksIn(readFileSync(report, 'utf8'))).toEqual({
      'Machine "i-1"': 'https://cloud.example/#i-1',
      'Runner cml-ä': 'http://gitlab.example/-/runners/4',
    })
    expect(statSync(report).mode & 0o777).toBe(0o644)
    expect(Object.keys(linksIn(renderAnnotations([])))).toEqual([])
  })

  test('no variable of the report is an option that later jobs would obey', () => {
    const options = new Set(Object.keys(catalogue.table).map(variableOf))
    const variables = Object.keys(outputs).map((name) => standardPrefix + outputVariable(name))
    expect(variables).toContain('CML_NAME')
    expect(variables.filter((variable) => options.has(variable))).toEqual([])
    expect(variables.filter((variable) => /^CML_RUNNER_/.test(variable))).toEqual([])
  })

  test('a report takes the place of a link, and leaves what it pointed at alone', async () => {
    const target = join(project, 'precious')
    writeFileSync(target, 'untouched')
    symlinkSync(target, join(project, 'cml-runner.env'))
    symlinkSync(target, join(project, 'cml-runner-links.json'))
    await run('launch', ['output', 'links'], component)
    expect(readFileSync(target, 'utf8')).toBe('untouched')
    for (const report of ['cml-runner.env', 'cml-runner-links.json'])
      expect(lstatSync(join(project, report)).isFile()).toBe(true)
  })

  test('without the component there is no report and no state', async () => {
    await run('launch', ['output', 'links', 'state'])
    expect(readdirSync(project)).toEqual([])
  })

  test('a report of an earlier job does not pass for one of this', async () => {
    writeFileSync(join(project, 'cml-runner.env'), 'INSTANCE_ID=i-old\n')
    writeFileSync(join(project, 'cml-runner-links.json'), '{}')
    await run('launch', ['options'], component)
    expect(readdirSync(project)).toEqual([])
  })

  test('what an earlier job left under the name of its state steers nothing, whatever it is', async () => {
    const path = join(project, '.cml-runner-state-6.json')
    const forged = '{"creating":"true","instance":"{}","handed-over":"true","x":"forged"}'
    for (const leave of [
      () => writeFileSync(path, forged),
      () => mkdirSync(join(path, 'in'), { recursive: true }),
      () => symlinkSync('/etc/passwd', path),
    ]) {
      leave()
      await run('launch', ['options'], component)
      expect(readdirSync(project)).toEqual([])
      leave()
      // Also what comes after the job began.
      await run('launch', ['options', 'state'], component)
      expect((await run('post launch', ['read-state'], component)).stdout).toBe('abc true undefined\n')
      rmSync(path)
    }
  })

  test('what cannot be removed there ends the job before it does anything', async () => {
    mkdirSync(join(project, 'cml-runner.env'))
    const { stdout } = await run('launch', ['refused-options'], component)
    expect(stdout).toMatch(/Failure: Could not remove .*cml-runner\.env, which an earlier job may have left/)
  })

  test('state that is no record of texts, or too large, is none', async () => {
    const path = join(project, '.cml-runner-state-6.json')
    for (const text of [
      '[["identity","a"]]',
      'null',
      '{"identity":{"a":1}}',
      JSON.stringify({ identity: 'a'.repeat(70_000) }),
    ]) {
      writeFileSync(path, text)
      expect((await run('post launch', ['read-state'], component)).stdout).toBe(
        'undefined undefined undefined\n',
      )
    }
  })

  test('a report that cannot be written is a warning, not the end of a launch', async () => {
    const env = { ...component, CML_RUNNER_DOTENV: 'no/such/folder.env' }
    expect((await run('launch', ['output'], env)).stderr).toContain('Later jobs get no variables')
  })

  test('state reaches the after_script of the same job alone, and follows no link', async () => {
    const target = join(project, 'precious')
    writeFileSync(target, 'untouched')
    symlinkSync(target, join(project, '.cml-runner-state-6.json'))
    await run('launch', ['state'], component)
    expect(lstatSync(join(project, '.cml-runner-state-6.json')).mode & 0o777).toBe(0o600)
    expect((await run('post launch', ['read-state'], component)).stdout).toBe('abc true undefined\n')
    expect((await run('post launch', ['read-state'], { ...component, CI_JOB_ID: '7' })).stdout).toBe(
      'undefined undefined undefined\n',
    )
    expect(readFileSync(target, 'utf8')).toBe('untouched')
  })

  test('state that cannot be read or written is lost without harm', async () => {
    writeFileSync(join(project, '.cml-runner-state-6.json'), '{"identity":')
    expect((await run('post launch', ['read-state'], component)).stdout).toBe(
      'undefined undefined undefined\n',
    )
    await run('launch', ['state'], { ...component, CI_PROJECT_DIR: '/no/such/folder' })
  })

  test('the first signal aborts the work, the second says that nobody will wait', async () => {
    const child = start('launch', ['wait'], component)
    const out = child.stdout!.setEncoding('utf8')
    await once(out, 'data')
    child.kill('SIGTERM')
    expect(((await once(out, 'data')) as [string])[0].trim()).toBe('first SIGTERM')
    child.kill('SIGTERM')
    expect(await once(child, 'close')).toEqual([0, null])
  })
})

/** As GitLab reads it (parse_dotenv_artifact_service.rb): a line it cannot read refuses the whole report. */
function readDotenv(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(/(?<=\n)/).map((line) => {
      const [, key, value] = /^(.*?)=(.*)$/m.exec(line) ?? []
      if (key === undefined || value === undefined) throw new Error(`Invalid Format: ${line}`)
      return [key.trim(), value.trim()]
    }),
  )
}

describe('a dotenv report', () => {
  test('gives every value as it is, or leaves it out and says so', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('a b', ' a', 'a\nB=c', '$TOKEN', '["x","y"]', ''),
    )
    fc.assert(
      fc.property(fc.record({ instanceIp: value, runnerName: value, runsOn: value }), (outputs) => {
        const { text, left } = renderDotenv(outputs as unknown as Outputs, 'P_')
        const names = { instanceIp: 'P_INSTANCE_IP', runnerName: 'P_NAME', runsOn: 'P_RUNS_ON' }
        const carried = Object.entries(outputs).filter(([name]) => !left.includes(name))
        const expected = carried.map(([name, text]) => [names[name as keyof typeof names], text])
        expect(text === '' ? {} : readDotenv(text)).toEqual(Object.fromEntries(expected))
        expect(text).not.toContain('$')
      }),
    )
    const plain = { instanceIp: 'a b', runsOn: '["x"]', runnerName: '' }
    expect(renderDotenv(plain as unknown as Outputs, '').left).toEqual([])
  })

  test('stays below GitLab’s 5 KB, and what no longer fits is left out', () => {
    const outputs = { instanceIp: 'i', runners: 'x'.repeat(5200) } as unknown as Outputs
    expect(renderDotenv(outputs, '')).toEqual({ text: 'INSTANCE_IP=i\n', left: ['runners'] })
    const edge = { runners: 'x'.repeat(5120 - 'RUNNERS=\n'.length - 1) } as unknown as Outputs
    expect(Buffer.byteLength(renderDotenv(edge, '').text)).toBe(5119)
    expect(renderDotenv({ runners: `${edge.runners}x` } as unknown as Outputs, '').left).toEqual(['runners'])
  })
})
