import { afterAll, describe, expect, test } from '@jest/globals'
import { generateKeyPairSync } from 'node:crypto'
import { clouds } from '../../src/clouds/registry.ts'
import { catalogue } from '../../src/entry/catalogue.ts'
import { compose, type EntryHost } from '../../src/entry/compose.ts'
import { forges } from '../../src/forges/registry.ts'
import { readArguments, rawOptionsOf } from '../../src/hosts/arguments.ts'
import { readInputs as actionInputs } from '../../src/hosts/github-actions.ts'
import { inputVariable } from '../../src/hosts/component-variables.ts'
import { readInputs as componentInputs } from '../../src/hosts/gitlab-inputs.ts'
import type { RawOptions } from '../../src/hosts/host.ts'
import { levelledLog } from '../../src/hosts/log-level.ts'
import { Failure } from '../../src/model/failure.ts'
import { catalogueOf } from '../../src/options/catalogue.ts'
import type { Command } from '../../src/options/command.ts'
import { heeds, type InUse } from '../../src/options/heed.ts'
import type { Kind } from '../../src/options/option.ts'
import { review } from '../../src/options/parse.ts'
import { shapeOf } from '../../src/options/shape.ts'

// Every option, through every door, for every launch that has no use for it: nobody's wish is passed over in silence.

const { table } = catalogue
type Row = (typeof table)[string]
const rows = Object.entries(table)

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** Something that each option takes, and that asks for something. */
const samples: Readonly<Record<string, string>> = {
  'cloud-permission-set': 'arn:aws:iam::123456789012:instance-profile/trainer',
  'cloud-aws-security-group': 'sg-0123456789abcdef0',
  'cloud-aws-subnet': 'subnet-0123456789abcdef0',
  'cloud-azure-subnet': 'group/network/subnet',
  'cloud-hdd-type': 'gp2',
  'cloud-hdd-iops': '6000',
  'cloud-hdd-throughput': '500',
  'cloud-image': 'ami-0123456789abcdef0',
  'cloud-region': 'us-east-1',
  'cloud-type': 'l',
  'cloud-gpu': 't4',
  'cloud-ssh-private': privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  'cloud-startup-script': Buffer.from('#!/bin/sh\n').toString('base64'),
  'docker-volumes': '/cache',
  'instance-id': 'i-0123456789abcdef0',
  'run-id': '4711',
  repo: 'https://github.com/org',
  driver: 'github',
  cloud: 'aws',
}
const byKind: Readonly<Record<Kind, string>> = {
  text: 'word',
  secret: 'token-0123456789',
  list: 'word',
  flag: 'true',
  number: '70',
  amounts: '70',
  duration: '1h',
  choice: '',
  choices: '',
  pairs: 'team=vision',
  url: '',
}
const sampleOf = (name: string, { kind, choices }: Row): string =>
  samples[name] ?? choices?.at(-1) ?? byKind[kind]

const enough = { cloud: 'aws', token: 'token-0123456789', repo: 'https://github.com/org' }

interface Scene {
  readonly given: Readonly<Record<string, string>>
  readonly words: readonly string[]
}

const variablesOf = (own: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(own).map(([name, text]) => [ownVariable(name), text]))
const ownVariable = (name: string): string => `CML_RUNNER_${name.toUpperCase().replaceAll('-', '_')}`
const onCommandLine = (argv: readonly string[], variables: Readonly<Record<string, string>>): RawOptions =>
  rawOptionsOf(readArguments(argv, shapeOf(table)), variables)

/** The ways in which one option can be said; the rest of the scene comes through variables. */
const doors: Readonly<
  Record<string, (name: string, text: string, scene: Scene, row: Row) => readonly RawOptions[]>
> = {
  flag: (name, text, { given, words }, { kind }) =>
    [kind === 'flag' ? [`--${name}`] : [`--${name}`, text], [`--${name}=${text}`]].map((argv) =>
      onCommandLine([...words, ...argv], variablesOf(given)),
    ),
  'input of the action': (name, text, { given, words }) => [
    actionInputs({
      ...variablesOf(given),
      [`INPUT_${name.toUpperCase()}`]: text,
      INPUT_COMMAND: words.join(' '),
    }),
  ],
  'input of the component': (name, text, { given, words }) => {
    const read = readArguments(words, shapeOf(table))
    return [componentInputs('main', read, { ...variablesOf(given), [inputVariable(name)]: text })]
  },
  'CML_RUNNER_ variable': (name, text, { given, words }, { aliases = [] }) =>
    [name, ...aliases].map((spelling) =>
      onCommandLine(words, { ...variablesOf(given), [ownVariable(spelling)]: text }),
    ),
  "CML's own variable": (_, text, { given, words }, { oldNames = [], environment = [] }) =>
    [...environment, ...oldNames]
      .filter((variable) => isShownTo(given.driver, variable))
      .map((variable) => onCommandLine(words, { ...variablesOf(given), [variable]: text })),
}

/** A token of one forge is withheld from the other, which is told elsewhere. */
const isShownTo = (driver: string | undefined, variable: string): boolean =>
  !forges.some(
    ({ name, servers }) => name !== driver && servers.tokens.some((token) => token.name === variable),
  )

interface Told {
  readonly refused: readonly string[]
  readonly warned: readonly string[]
  readonly noted: readonly string[]
}

/** What the whole program says before it asks anybody. */
async function tell(raw: RawOptions): Promise<Told> {
  const said: Record<string, string[]> = { warn: [], info: [] }
  const host = { log: levelledLog((level, text) => said[level]?.push(text)), mask: () => undefined }
  try {
    await compose(host as unknown as EntryHost, raw)
    return { refused: [], warned: said.warn!, noted: said.info! }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { refused: error.message.split('\n'), warned: [], noted: [] }
  }
}

/** The same for owners that this version has no second one of, by the rules alone. */
function judge(raw: RawOptions, inUse: InUse): Told {
  const { problems, warnings, notes } = review(table, raw, {}, () => inUse)
  return { refused: problems.map(({ text }) => text), warned: warnings, noted: notes }
}

const counts: Record<string, number> = {}
afterAll(() => {
  const { heeded = 0, ...vain } = counts
  const total = Object.values(vain).reduce((sum, count) => sum + count, 0)
  const each = Object.entries(vain).map(([what, count]) => `${count} ${what}`)
  process.stderr.write(`${total} wishes that could not be heeded: ${each.join(', ')}; ${heeded} that could\n`)
})

/** All doors of one wish in one scene. `expected`: where it must be told by its name or the place it was given at. */
async function walk(
  [name, row]: readonly [string, Row],
  scene: Scene,
  expected: (door: string) => keyof Told | undefined,
  say: (raw: RawOptions) => Promise<Told> | Told = tell,
): Promise<void> {
  const given = { ...enough, ...scene.given }
  const others = Object.fromEntries(Object.entries(given).filter(([other]) => other !== name))
  for (const [door, open] of Object.entries(doors))
    for (const raw of open(name, sampleOf(name, row), { ...scene, given: others }, row)) {
      const told = await say(raw)
      const where = expected(door)
      const spellings = [name, ...(row.aliases ?? []), ...(row.environment ?? []), ...(row.oldNames ?? [])]
      const about = (lines: readonly string[]): readonly string[] =>
        lines.filter((line) =>
          [...spellings, ...spellings.map(ownVariable)].some((word) =>
            new RegExp(`(^|[\`\\s(-])${word}([\`\\s,.:)]|$)`).test(line),
          ),
        )
      const found = { refused: about(told.refused), warned: about(told.warned), noted: about(told.noted) }
      const hits = (Object.keys(found) as (keyof Told)[]).filter((kind) => found[kind].length > 0)
      // An old name says so besides.
      const wanted =
        where === undefined ? hits.filter((hit) => hit === 'warned' && isOldName(found.warned)) : [where]
      expect([door, hits, told.refused.length > 0]).toEqual([door, wanted, where === 'refused'])
      counts[where ?? 'heeded'] = (counts[where ?? 'heeded'] ?? 0) + 1
    }
}

const isOldName = (lines: readonly string[]): boolean =>
  lines.every((line) => line.includes("CML's old name"))
const promised = ({ promise }: Row): keyof Told => (promise === undefined ? 'warned' : 'refused')

test('every row says whose it is', () => {
  for (const [name, { owner }] of rows) {
    expect([name, owner?.kind]).toEqual([name, expect.stringMatching(/^(everybody|cloud|forge|here)$/)])
    const named = owner.kind === 'cloud' ? clouds : owner.kind === 'forge' ? forges : []
    if (owner.name !== undefined)
      expect(named.find((line) => line.name === owner.name)?.options).toHaveProperty([name])
  }
  expect(new Set(rows.map(([, { owner }]) => owner.name))).toEqual(
    new Set([undefined, ...clouds.map(({ name }) => name), ...forges.map(({ name }) => name)]),
  )
})

describe('a launch that cannot heed an option says so, whichever door it came through', () => {
  const others = (name: string | undefined): readonly string[] =>
    forges.map((forge) => forge.name).filter((forge) => forge !== name)

  const ofForges = rows.filter(([, { owner }]) => owner.kind === 'forge')
  test.each(ofForges)('%s, at every other forge', async (name, row) => {
    for (const driver of others(row.owner.name))
      await walk([name, row], { given: { driver, repo: `https://${driver}.com/org` }, words: [] }, () =>
        promised(row),
      )
  })

  const ofClouds = rows.filter(([, { owner }]) => owner.kind === 'cloud')
  test.each(ofClouds)('%s, without its cloud', async (name, row) => {
    const elsewhere: InUse = { clouds: row.owner.name === undefined ? [] : ['elsewhere'] }
    await walk(
      [name, row],
      { given: { ...row.onlyWith }, words: [] },
      () => promised(row),
      (raw) => judge(raw, elsewhere),
    )
  })

  const ofHere = rows.filter(([, { owner }]) => owner.kind === 'here')
  test.each(ofHere)('%s, where a cloud is named', async (name, row) => {
    await walk([name, row], { given: {}, words: [] }, () => promised(row))
  })

  const dependent = rows.filter(([, { onlyWith }]) => onlyWith !== undefined)
  test.each(dependent)('%s, without what gives it a meaning', async (name, row) => {
    const forge = row.owner.kind === 'forge' ? row.owner.name! : 'github'
    const unmet = Object.entries(row.onlyWith!).map(([other, value]) => [
      other,
      table[other]?.choices?.find((choice) => choice !== value) ?? 'false',
    ])
    const given = { ...Object.fromEntries(unmet), driver: forge, repo: `https://${forge}.com/org` }
    await walk([name, row], { given, words: [] }, () => promised(row))
  })

  const commands: readonly Command[] = ['stop', 'sweep', 'list', 'rerun', 'doctor']
  const unheeded = commands.flatMap((command) =>
    rows
      .filter(([, row]) => !heeds(command, row))
      .map(([name, row]): [Command, string, Row] => [command, name, row]),
  )
  test.each(unheeded)('%s with %s', async (command, name, row) => {
    const given = command === 'stop' ? { 'instance-id': 'i-0123456789abcdef0' } : {}
    await walk([name, row], { given, words: [command] }, (door) => {
      const isShared = door.endsWith('variable')
      if (row.refusedBy?.[command] !== undefined && (!isShared || row.promise !== undefined)) return 'refused'
      return isShared ? 'noted' : 'warned'
    })
  })
})

describe('a launch that can heed an option says nothing of it', () => {
  const heeded = rows.filter(([, row]) => heeds('launch', row))
  test.each(heeded)('%s', async (name, row) => {
    const forge = row.owner.kind === 'forge' ? row.owner.name! : 'github'
    const needed = Object.values(row.requires ?? {}).map((other) => [other, 'true'])
    const given = {
      ...(row.owner.kind === 'cloud' && row.owner.name ? { cloud: row.owner.name } : {}),
      driver: forge,
      repo: `https://${forge}.com/org`,
      ...row.onlyWith,
      ...Object.fromEntries(needed),
      ...(row.owner.kind === 'here' ? { cloud: 'none' } : {}),
    }
    await walk([name, row], { given, words: [] }, () => undefined)
  })
})

describe('where machines have no Docker, what says how jobs use it is refused', () => {
  const inUse: InUse = { clouds: ['nimbus'], forge: 'gitlab', withoutDocker: ['Nimbus'] }
  const said = (given: Readonly<Record<string, string>>, wished = inUse): readonly string[] =>
    judge(onCommandLine([], variablesOf({ ...enough, ...given })), wished).refused

  test.each([
    ['executor', 'docker'],
    ['docker-image', 'node:24'],
    ['docker-volumes', '/cache'],
  ])('%s=%s', (name, value) => {
    const [text = '', ...others] = said({ [name]: value })
    expect([text, others]).toEqual([
      expect.stringMatching(`${name}.*needs Docker, which a runner of Nimbus does not have.*cloud-image`),
      [],
    ])
    expect(said({ [name]: value }, { ...inUse, withoutDocker: [] })).toEqual([])
    expect(said({ [name]: value }, { ...inUse, forge: 'github' })).toEqual([])
  })

  test('and nothing else is', () => {
    expect(said({})).toEqual([])
    expect(said({ executor: 'shell' })).toEqual([])
  })
})

test('a row without an owner is no row', () => {
  const [name, row] = rows[0]!
  const { owner, ...bare } = row
  expect(owner).toBeDefined()
  const raw = onCommandLine([], variablesOf({ ...enough, [name]: sampleOf(name, row) }))
  expect(() => review({ ...table, [name]: bare as Row }, raw)).toThrow()
  expect(catalogueOf([], [{ name: 'x', options: { own: bare } }]).table.own?.owner).toEqual({
    kind: 'forge',
    name: 'x',
    title: 'x',
  })
})
