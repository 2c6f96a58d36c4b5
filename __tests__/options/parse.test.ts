import { describe, expect, test } from '@jest/globals'
import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { awsOptions } from '../../src/clouds/aws/options.ts'
import { githubOptions } from '../../src/forges/github/options.ts'
import type { RawOptions } from '../../src/hosts/host.ts'
import { Failure } from '../../src/model/failure.ts'
import { catalogueOf, pick } from '../../src/options/catalogue.ts'
import { option } from '../../src/options/option.ts'
import { parse, secretsOf } from '../../src/options/parse.ts'
import { turnOf } from '../thorough.ts'

const clouds = [{ name: 'aws', title: 'AWS', options: awsOptions }]
const forges = [{ name: 'github', title: 'GitHub', options: githubOptions }]
const { table } = catalogueOf(clouds, forges)
const enough = { token: 'ghp_0123456789', repo: 'https://github.com/org/repo', cloud: 'aws' }

function raw(given: Record<string, string>, rest: Partial<RawOptions> = {}): RawOptions {
  return { given: { ...enough, ...given }, variables: {}, words: [], problems: [], prefix: '', ...rest }
}

function values(given: Record<string, string>, rest: Partial<RawOptions> = {}) {
  return parse(table, raw(given, rest)).values
}

function failure(given: Record<string, string>, rest: Partial<RawOptions> = {}): Failure {
  try {
    parse(table, raw(given, rest))
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('nothing was refused')
}

const complaint = (given: Record<string, string>, rest: Partial<RawOptions> = {}) =>
  failure(given, rest).message

describe('precedence', () => {
  const sources = {
    given: { labels: 'flag' },
    own: { CML_RUNNER_LABELS: 'own' },
  }

  test('a flag wins over our variable, that over the default, and an empty text counts as absent', () => {
    expect(values(sources.given, { variables: sources.own }).labels).toEqual(['flag'])
    expect(values({ labels: '' }, { variables: sources.own }).labels).toEqual(['own'])
    expect(values({ labels: ' \n' }, { variables: { CML_RUNNER_LABELS: '' } }).labels).toEqual(['cml'])
  })

  test('our variable wins over those of the environment, and these over each other in their order', () => {
    const environment = { GITHUB_TOKEN: 'job-token', REPO_TOKEN: 'repo-token' }
    const given = { token: '' }
    expect(values(given, { variables: environment }).token.reveal()).toBe('repo-token')
    expect(
      values(given, { variables: { ...environment, CML_RUNNER_TOKEN: 'own-token' } }).token.reveal(),
    ).toBe('own-token')
    expect(parse(table, raw(given, { variables: environment })).sources.get('token')).toBe('REPO_TOKEN')
  })

  test('what the entry inferred counts below every variable', () => {
    const inferred = { repo: 'https://github.com/from/git' }
    const given = raw({ repo: '' })
    expect(parse(table, given, inferred).values.repo.href).toBe('https://github.com/from/git')
    const named = { ...given, variables: { CML_REPO: 'https://github.com/from/variable' } }
    expect(parse(table, named, inferred).values.repo.href).toBe('https://github.com/from/variable')
  })

  test("names of other programs' variables are not ours: RUNNER_NAME is set on every job", () => {
    const variables = { RUNNER_NAME: 'hosted', RUNNER_LABELS: 'theirs', RUNNER_REPO: 'org/theirs' }
    const parsed = parse(table, raw({}, { variables }))
    expect(parsed.values.name).toBeUndefined()
    expect(parsed.values.labels).toEqual(['cml'])
    // CML read the other two, so whoever means them for this launch is told; not where the option is given otherwise, as `repo` is here.
    expect(parsed.warnings).toEqual([
      'The variable RUNNER_LABELS, which CML read as `labels`, is not read: on a self-hosted runner it describes that runner. Where it was meant for this launch, write CML_RUNNER_LABELS.',
    ])
  })

  test("CML's old variables are read last, with a word about the name to use", () => {
    const variables = { RUNNER_SINGLE: 'true', RUNNER_IDLE_TIMEOUT: '60' }
    const parsed = parse(table, raw({}, { variables: { ...variables, CML_RUNNER_IDLE_TIMEOUT: '90' } }))
    expect(parsed.values).toMatchObject({ single: true, 'idle-timeout': 90 })
    expect(parsed.warnings).toEqual([
      "The variable RUNNER_SINGLE is CML's old name and is read for now; write CML_RUNNER_SINGLE.",
    ])
  })

  test('an alias is the option, also as a variable', () => {
    expect(pick(awsOptions, values({ 'cloud-aws-subnet-id': 'subnet-1' }))['cloud-aws-subnet']).toEqual([
      'subnet-1',
    ])
    const variables = { CML_RUNNER_CLOUD_AWS_SUBNET_ID: 'subnet-2' }
    expect(pick(awsOptions, values({}, { variables }))['cloud-aws-subnet']).toEqual(['subnet-2'])
    expect(complaint({ 'cloud-aws-subnet': 'subnet-1', 'cloud-aws-subnet-id': 'subnet-2' })).toContain(
      '`cloud-aws-subnet` and `cloud-aws-subnet-id` are one option',
    )
  })
})

describe('values', () => {
  test.each(['true', 'True', 'TRUE', '1', 'yes', 'YES', 'on'])('%s turns a flag on', (text) => {
    expect(values({ single: text }).single).toBe(true)
  })

  test.each(['false', 'False', '0', 'no', 'off'])(
    '%s turns a flag off, also one that a variable turned on',
    (text) => {
      expect(values({ single: text }, { variables: { CML_RUNNER_SINGLE: 'true' } }).single).toBe(false)
    },
  )

  test('lists are separated by commas and line breaks, and empty items are dropped', () => {
    expect(values({ labels: ' gpu, tf ,\r\n\nbig,,' }).labels).toEqual(['gpu', 'tf', 'big'])
    expect(complaint({ labels: ',,' })).toContain('at least one item')
  })

  test.each([
    ['a=1,b=2', { a: '1', b: '2' }],
    ['zones=a,b,owner=me', { zones: 'a,b', owner: 'me' }],
    ['note=x=y', { note: 'x=y' }],
    ['a=1,b=2\nc=3,d=4', { a: '1,b=2', c: '3,d=4' }],
    ['a=', { a: '' }],
    ['a=1\na=1', { a: '1' }],
    ['__proto__=x', { ['__proto__']: 'x' }],
  ])('the pairs %j are read', (text, expected) => {
    const pairs = values({ 'cloud-metadata': text })['cloud-metadata']
    expect(Object.entries(pairs ?? {})).toEqual(Object.entries(expected))
  })

  test.each([
    ['bare', '`key=value` pairs'],
    ['=x', '`key=value` pairs'],
    ['a=1\na=2', 'each key once'],
    ['a=\u0007', 'without control characters'],
  ])('the pairs %j are refused', (text, expected) => {
    expect(complaint({ 'cloud-metadata': text })).toContain(expected)
  })

  test.each([
    ['300', 300],
    ['1.5h', 5400],
    ['0', Infinity],
    ['-1', Infinity],
    ['never', Infinity],
    ['2 minutes', 120],
  ])('an idle timeout of %j is %d seconds', (text, seconds) => {
    expect(values({ 'idle-timeout': text })['idle-timeout']).toBe(seconds)
  })

  test.each([
    ['https://github.com/org/repo.git', 'https://github.com/org/repo'],
    ['https://github.com/org/repo/', 'https://github.com/org/repo'],
    ['git@github.com:org/repo.git', 'https://github.com/org/repo'],
    ['ssh://git@ghes.example:2222/org/repo', 'https://ghes.example/org/repo'],
    ['github.com/org', 'https://github.com/org'],
    ['http://ghes:8080/org/repo', 'http://ghes:8080/org/repo'],
    ['https://user:secret@github.com/org/repo?x=1#y', 'https://github.com/org/repo'],
  ])('the repository %s is %s', (text, expected) => {
    expect(values({ repo: text }).repo.href).toBe(expected)
  })

  test.each([
    'org/repo',
    'file:///etc/passwd',
    'https://',
    'javascript:alert(1)',
    'https://a b.example/x',
    `https://x.example/${'a'.repeat(3000)}`,
  ])('the repository %.30s is refused', (text) => {
    expect(complaint({ repo: text })).toContain('give a web address such as')
  })

  test.each(['100', '100GB', '100 gb', '100G', '100GiB'])('a disk of %s is one of 100 GB', (text) => {
    expect(values({ 'cloud-hdd-size': text })['cloud-hdd-size']).toBe(100)
  })

  test('of several clouds each takes a line with its number, and one line is refused as it would be alone', () => {
    expect(values({ 'cloud-hdd-size': 'nimbus: 100GB\n\n cirrus:50 ' })['cloud-hdd-size']).toBe(
      'nimbus: 100GB\ncirrus:50',
    )
    expect(values({ 'cloud-hdd-iops': 'nimbus: 6000' })['cloud-hdd-iops']).toBe('nimbus: 6000')
    expect(complaint({ 'cloud-hdd-size': 'nimbus: 100\ncirrus: big' })).toContain('a whole number of GB')
    expect(complaint({ 'cloud-hdd-throughput': 'nimbus: 0' })).toContain('a whole number above 0')
    expect(complaint({ 'cloud-hdd-size': '1\n'.repeat(300) })).toContain('at most 200 lines')
  })

  test('no other unit is taken, and none where there is none', () => {
    expect(complaint({ 'cloud-hdd-size': '1TB' })).toContain('a whole number of GB')
    expect(complaint({ 'cloud-spot-price': '1gb' })).toContain('-1 or a price above 0')
    expect(complaint({ repo: 'org/project' })).toContain('such as `https://github.com/org/project`')
  })

  test('choices are taken in any case', () => {
    expect(values({ cloud: 'AWS', log: 'Debug' })).toMatchObject({ cloud: ['aws'], log: 'debug' })
  })

  test.each([
    ['cloud-hdd-size', '0x10', 'a whole number of GB'],
    ['cloud-hdd-size', '1e3', 'a whole number of GB'],
    ['cloud-hdd-size', '12.5', 'a whole number of GB'],
    ['cloud-spot-price', 'Infinity', '-1 or a price above 0'],
    ['cloud-spot-price', '-2', '-1 or a price above 0'],
    ['single', 'maybe', '`true` or `false`'],
    ['idle-timeout', '5 parsecs', 'seconds, or a duration'],
    ['max-lifetime', '5m', 'a duration from 10m to 30d'],
    ['max-lifetime', 'never', 'a duration from 10m to 30d'],
    ['launch-timeout', 'soon', 'a duration from 10s to 6h'],
    ['registration', 'oidc', 'one of `token`, `jit`'],
    ['name', 'two\nlines', 'one line without control characters'],
    ['name', 'x'.repeat(65), '1 to 64 characters'],
    ['workdir', 'a\u0000b', 'without null characters'],
    ['workdir', '\ud800', 'valid Unicode'],
  ])('%s: %j is refused with what would be valid', (name, text, expected) => {
    expect(complaint({ [name]: text })).toMatch(
      new RegExp(`^Could not use these options: \`${name}\`: .* is not valid; give .*`),
    )
    expect(complaint({ [name]: text })).toContain(expected)
  })
})

describe('problems', () => {
  test('all of them come in one message, each with what would be valid', () => {
    const given = {
      cloud: 'asw',
      'idle-timout': '3',
      'cloud-hdd-size': 'big',
      registration: 'jit',
      token: '',
    }
    const { message, kind } = failure(given, {
      problems: ['`--labels` needs a value.'],
      words: ['lanch'],
      prefix: '--',
    })
    expect(kind).toBe('invalid-input')
    expect(message.split('\n')).toEqual([
      'Could not use these options: 7 problems',
      '- `--labels` needs a value.',
      '- There is no command "lanch"; there are launch, stop, sweep, list, doctor, rerun. Did you mean `launch`?',
      '- There is no option `--idle-timout`. Did you mean `--idle-timeout`?',
      '- `--cloud`: "asw" is not valid; give one or several of `aws`, `none`.',
      '- `--cloud-hdd-size`: "big" is not valid; give a whole number of GB from 1 to 65536.',
      '- `--token` is missing. Give a token that may register runners, best from a secret.',
      '- `--registration`: "jit" needs `--single`.',
    ])
  })

  test('a value from a variable is complained about by the name of that variable', () => {
    const variables = { CML_RUNNER_CLOUD_HDD_SIZE: 'big' }
    expect(complaint({}, { variables })).toContain(
      '`cloud-hdd-size` (from CML_RUNNER_CLOUD_HDD_SIZE): "big" is not valid',
    )
  })

  test.each([
    ['cloud_region', 'cloud-region'],
    ['cloudRegion', 'cloud-region'],
    ['hdd-size', 'cloud-hdd-size'],
    ['lables', 'labels'],
    ['IDLE-TIMEOUT', 'idle-timeout'],
    ['signle', 'single'],
  ])('somebody who writes %s is told of %s', (written, meant) => {
    expect(complaint({ [written]: 'x' })).toContain(
      `There is no option \`${written}\`. Did you mean \`${meant}\`?`,
    )
  })

  test('no spelling is offered for what resembles nothing', () => {
    expect(complaint({ xyzzy: '1' })).toBe('Could not use these options: There is no option `xyzzy`.')
    expect(complaint({ ['x'.repeat(100_000)]: '1' })).toMatch(
      /^Could not use these options: There is no option `x{60}`\.$/,
    )
  })

  test('options that this version lacks are known by name, and absent when empty', () => {
    expect(complaint({ count: '2' })).toContain(
      'There is no option `count`. It is not available in this version.',
    )
    expect(() => values({ reuse: '', 'no-retry': ' ', 'tf-resource': '' })).not.toThrow()
  })

  test("CML's options that are of no use here are left aside, and their values not shown", () => {
    const variables = { CML_RUNNER_TPI_VERSION: '1', CML_RUNNER_GCP_ACCESS_TOKEN: 'ya29.secret' }
    const { warnings } = parse(
      table,
      raw({ 'tf-resource': 'c2VjcmV0', 'cml-version': '0.20' }, { variables }),
    )
    expect(warnings.map((line) => line.replace(/It is known.*/, ''))).toEqual([
      '`tf-resource` is ignored. ',
      '`cml-version` is ignored. ',
      'The variable CML_RUNNER_TPI_VERSION is not an option of cml-runner and is ignored. ',
      'The variable CML_RUNNER_GCP_ACCESS_TOKEN is not an option of cml-runner and is ignored. ',
    ])
    expect(warnings.join()).not.toMatch(/c2VjcmV0|ya29/)
  })

  test.each([
    [{ reuse: 'true' }, {}, { reuse: true, 'reuse-idle': false }],
    [{ 'reuse-idle': 'true' }, {}, { reuse: false, 'reuse-idle': true }],
    [{}, { CML_RUNNER_REUSE: 'true' }, { reuse: true }],
    [{}, { CML_RUNNER_REUSE_IDLE: '1' }, { 'reuse-idle': true }],
    [{}, { RUNNER_REUSE: 'yes' }, { reuse: true }],
  ])('a launch with %j and %j may use a runner that is there', (given, variables, meant) => {
    expect(values(given, { variables })).toMatchObject(meant)
  })

  test.each([
    [{ single: 'true', reuse: 'true' }, {}, '`single` and `reuse` exclude each other. A runner for one job'],
    [
      { 'reuse-idle': '1' },
      { RUNNER_SINGLE: 'yes' },
      '`single` (from RUNNER_SINGLE) and `reuse-idle` exclude',
    ],
    [{ reuse: 'true', 'reuse-idle': 'true' }, {}, '`reuse` and `reuse-idle` exclude each other.'],
  ])('%j with %j is refused', (given, variables, said) => {
    expect(failure(given, { variables }).kind).toBe('invalid-input')
    expect(complaint(given, { variables })).toContain(said)
    const off = Object.fromEntries(Object.keys(given).map((name) => [name, 'false']))
    expect(() => values(off, { variables })).not.toThrow()
  })

  test('what asks for nothing is no wish', () => {
    const nothing = { reuse: 'false', 'reuse-idle': 'no', 'cloud-spot-price': '-1', 'no-retry': 'true' }
    expect(parse(table, raw(nothing)).warnings).toEqual([])
  })

  test('a highest price is refused where no spot machine is asked for, and nothing else that only spot knows', () => {
    expect(complaint({ 'cloud-spot-price': '0.5', 'cloud-spot': 'false' }, { prefix: '--' })).toContain(
      '`--cloud-spot-price` has no effect without `--cloud-spot`: it cannot promise a price no higher than that. Give `--cloud-spot` too, or leave it out.',
    )
    expect(parse(table, raw({ 'cloud-spot-fallback': 'true' })).warnings).toEqual([
      '`cloud-spot-fallback` has no effect without `cloud-spot`: it is ignored.',
    ])
    expect(parse(table, raw({ 'cloud-spot-price': '0.5', 'cloud-spot': 'true' })).warnings).toEqual([])
  })

  test('clouds are a list, each once and in their order; an unknown one spoils it', () => {
    const both = catalogueOf([...clouds, { name: 'moon', options: {} }], forges).table
    const { cloud } = parse(both, raw({ cloud: 'Moon, aws,moon' })).values
    expect(cloud).toEqual(['moon', 'aws'])
    expect(failure({ cloud: 'aws,mars' }).kind).toBe('invalid-input')
    expect(failure({ cloud: 'aws,none' }).kind).toBe('invalid-input')
    expect(failure({ cloud: 'aws,asw' }).kind).toBe('invalid-input')
  })

  test('without a cloud a launch is on this machine, save inside CI, where that must be said', () => {
    expect(parse(table, raw({ cloud: '' })).values.cloud).toBeUndefined()
    for (const variable of ['CI', 'GITHUB_ACTIONS', 'GITLAB_CI']) {
      const variables = { [variable]: 'true' }
      expect(complaint({ cloud: ' ' }, { variables })).toContain(
        '`cloud` is missing. Name a cloud. Inside CI a value that is not set must not make the machine of this job a runner',
      )
      expect(parse(table, raw({ cloud: 'none' }, { variables })).values.cloud).toEqual(['none'])
    }
  })

  test.each(['stop', 'sweep', 'list'])('%s needs a cloud to look in', (command) => {
    expect(complaint({ cloud: '' }, { words: [command] })).toContain(
      '`cloud` is missing. Name a cloud to look in.',
    )
  })

  test.each(['rerun', 'doctor'])('%s does without one', (command) => {
    expect(parse(table, raw({ cloud: '' }, { words: [command] })).command).toBe(command)
  })

  test.each([
    [[]],
    [['launch']],
    [['runner']],
    [['runner', 'launch']],
    [['cml', 'runner']],
    [['cml', 'runner', 'launch']],
    [['Launch']],
  ])('the words %j launch', (words) => {
    expect(parse(table, raw({}, { words })).command).toBe('launch')
  })

  test.each([['stop'], ['sweep'], ['list'], ['doctor']])(
    'the words %s and `runner %s` are that command',
    (word) => {
      for (const words of [[word], ['runner', word], [word.toUpperCase()]])
        expect(parse(table, raw({}, { words })).command).toBe(word)
    },
  )

  test('what is missing for a command that nobody knows is not complained about', () => {
    const bare = { token: '', repo: '', cloud: '' }
    expect(complaint(bare, { words: ['frobnicate'] })).toBe(
      'Could not use these options: There is no command "frobnicate"; there are launch, stop, sweep, list, doctor, rerun.',
    )
    expect(complaint(bare, { words: ['lanch'] })).toContain('`token` is missing')
  })

  test('a stray word is shown only when it can be no secret', () => {
    expect(complaint({}, { words: ['ghp_0000'] })).toBe(
      'Could not use these options: There is a word that is not a command; there are launch, stop, sweep, list, doctor, rerun.',
    )
    expect(complaint({}, { words: ['launch', 'abcdefabcdefa'] })).toContain(
      'There is a word that no option takes.',
    )
  })

  test.each(['cml-abcdefghijklmnopq234', 'CML-ABCDEFGHIJKLMNOPQ234', 'gpu,Cml-At-aws-us-west-1'])(
    'the labels %s are refused: they are ours',
    (labels) => {
      expect(complaint({ labels })).toContain('these are cml-runner’s own')
    },
  )

  test('labels that only resemble ours are taken', () => {
    expect(values({ labels: 'cml,cml-gpu,cml-attic,cml-abcdefghijklmnopq2345' }).labels).toHaveLength(4)
  })

  test('words that nothing takes are complained about', () => {
    expect(complaint({}, { words: ['launch', 'now'] })).toContain('No option takes the word "now"')
  })

  test.each([
    ['dry-run', 'true', '`list` shows what there is to stop'],
    ['labels', 'gpu', 'Say which launches are meant by `name` or `instance-id`'],
  ])('stop refuses %s, since it would stop more than is meant', (name, text, instead) => {
    expect(complaint({ [name]: text }, { words: ['stop'] })).toContain(instead)
    expect(parse(table, raw({ [name]: text }, { words: ['list'] })).warnings).toEqual([
      `\`${name}\` means nothing to \`list\` and is ignored.`,
    ])
    expect(parse(table, raw({ 'dry-run': 'false' }, { words: ['stop'] })).warnings).toEqual([])
  })

  test('variables speak to every command: those a command has no use for are one line, and only a promise stops it', () => {
    const variables = { CML_RUNNER_LABELS: 'gpu', CML_RUNNER_SINGLE: 'true', RUNNER_IDLE_TIMEOUT: '9' }
    expect(parse(table, raw({}, { words: ['stop'], variables }))).toMatchObject({
      warnings: [],
      notes: [
        'Set, and without effect on `stop`: CML_RUNNER_LABELS, RUNNER_IDLE_TIMEOUT, CML_RUNNER_SINGLE.',
      ],
    })
    const dry = { ...variables, CML_RUNNER_DRY_RUN: 'true' }
    expect(complaint({}, { words: ['stop'], variables: dry })).toContain(
      '`dry-run` (from CML_RUNNER_DRY_RUN) means nothing to `stop`, which would do more than you ask for.',
    )
  })

  test('unknown variables of ours warn and never fail', () => {
    const variables = {
      CML_RUNNER_IDLE_TIMOUT: '1',
      CML_RUNNER_XYZZY: '1',
      CML_RUNNER_LIVE_AWS: '1',
      CML_RUNNER_ROOT: '/x',
    }
    expect(parse(table, raw({}, { variables })).warnings).toEqual([
      'The variable CML_RUNNER_IDLE_TIMOUT is not an option of cml-runner and is ignored. Did you mean CML_RUNNER_IDLE_TIMEOUT?',
      'The variable CML_RUNNER_XYZZY is not an option of cml-runner and is ignored.',
    ])
  })
})

describe('secrets', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()

  test('every one in reach is found, wherever it was given', () => {
    const variables = {
      CML_RUNNER_TOKEN: 'own-token',
      GITHUB_TOKEN: 'job-token',
      CML_DRIVER_TOKEN: 'old-token',
    }
    const given = { 'cloud-ssh-private': pem, repo: 'https://oauth2:p%40ssw0rd-1@github.com/o/r' }
    expect(secretsOf(table, raw(given, { variables })).toSorted()).toEqual(
      [
        enough.token,
        'own-token',
        'job-token',
        'old-token',
        pem.trim(),
        'p%40ssw0rd-1',
        'p@ssw0rd-1',
      ].toSorted(),
    )
  })

  test.each([
    'https://x:ghs_SECRET@github.com:x/org/repo',
    'x:ghs_SECRET@github.com:99999999/org/repo',
    'https://ghs_SECRET@github.com:x/org/repo',
    `https://x:ghs_SECRET@github.com/${'a'.repeat(3000)}`,
  ])('the credentials in %.60s are found and not shown, though it is no address', (repo) => {
    expect(secretsOf(table, raw({ repo }))).toContain('ghs_SECRET')
    expect(complaint({ repo })).toMatch(/`repo`: "(https:\/\/)?github\.com.*" is not valid/)
  })

  test('credentials too short to be masked, or with a slash, are not shown either', () => {
    expect(complaint({ repo: 'https://x:pw@github.com:x/org' })).toContain('"https://github.com:x/org"')
    expect(complaint({ repo: 'https://x:p/w@github.com:x/org' })).toContain('"https://github.com:x/org"')
  })

  test('none comes back in a complaint, also not one given to the wrong option or cut', () => {
    const token = 'ghp_' + 'k'.repeat(80)
    const message = complaint(
      {
        token,
        name: `${token}\n`.repeat(2),
        'cloud-hdd-size': `x${token}`,
        log: pem,
        'cloud-ssh-private': pem,
      },
      { words: [token] },
    )
    expect(message).not.toContain('kkkk')
    for (const line of pem.trim().split('\n')) expect(message).not.toContain(line)
  })
})

describe('hostile texts', () => {
  const names = Object.keys(table)
  const numbered = names.map((name, number) => [name, number] as const)
  const million = ['a', '1', '-', ',', '=', 'a=1,', '(', '\n', ' x', 'ü', '💥', '/', '.', ':', '@'].map(
    (piece) => piece.repeat(1_000_000 / piece.length),
  )

  test.each(numbered)(
    'a megabyte given to %s is read or refused, and never stops the program',
    (name, number) => {
      for (const text of turnOf(million, number)) outcome({ [name]: `x${text}x` })
    },
  )

  test('whatever is given, the outcome is values or a Failure', () => {
    const pieces = fc.constantFrom(
      '$(reboot)',
      '`id`',
      '; rm -rf /',
      '::set-output name=a::b',
      '\u202e',
      '%0A',
      '\\',
      '"',
      "'",
      '${{ secrets.X }}',
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...names, 'unknown'), text),
        fc.array(text, { maxLength: 3 }),
        (given, words) => {
          outcome(given, words)
        },
      ),
    )
  })

  test('one line of shell, quotes or another script arrives exactly as it was given', () => {
    for (const text of ['$(reboot) `id` "x" \'y\' \\ ; & | > <', 'größe-名前-💥', "a'b"]) {
      expect(values({ name: text, workdir: text, labels: text })).toMatchObject({
        name: text,
        workdir: text,
        labels: [text],
      })
    }
  })

  function outcome(given: Record<string, string>, words: readonly string[] = []): void {
    try {
      parse(table, raw(given, { words }))
    } catch (error) {
      expect(error).toBeInstanceOf(Failure)
      expect((error as Failure).message.length).toBeLessThan(20_000)
    }
  }
})

describe('the catalogue', () => {
  test('choices of cloud and driver are the registries’ lines', () => {
    const grown = catalogueOf([...clouds, { name: 'moon', options: {} }], forges)
    expect(grown.table.cloud?.choices).toEqual(['aws', 'moon', 'none'])
    expect(grown.table.driver?.choices).toEqual(['github'])
  })

  test('two options of one name are refused, aliases included', () => {
    const doubled = { name: 'moon', options: { path: option({ kind: 'text', description: 'X.' }) } }
    expect(() => catalogueOf([...clouds, doubled], forges)).toThrow('Two options are called path')
  })

  test.each(Object.entries(table))('%s is described, and its default is valid', (name, row) => {
    expect(name).toMatch(/^[a-z][a-z0-9-]*$/)
    expect(row.description).toMatch(/^[\p{Lu}`].*\.$/su)
    for (const other of Object.values(row.requires ?? {})) expect(table).toHaveProperty([other])
    if (row.default !== undefined) expect(() => values({ [name]: row.default ?? '' })).not.toThrow()
  })
})
