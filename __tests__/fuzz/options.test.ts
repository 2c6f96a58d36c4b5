import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { catalogue } from '../../src/entry/catalogue.ts'
import { compose, type Composition, type EntryHost } from '../../src/entry/compose.ts'
import { conclude } from '../../src/entry/conclude.ts'
import { hereOrderOf } from '../../src/entry/here-order.ts'
import { leaseOf } from '../../src/entry/launch-order.ts'
import type { HereOrder } from '../../src/here/order.ts'
import { requestOf } from '../../src/entry/request.ts'
import { outputVariable, renderDotenv } from '../../src/hosts/dotenv.ts'
import { linesOf, type Outputs, type RawOptions, type Trouble } from '../../src/hosts/host.ts'
import { levelledLog } from '../../src/hosts/log-level.ts'
import { printable } from '../../src/lib/printable.ts'
import { labelsOf, payloadFor, registrationRequest } from '../../src/launch/payload.ts'
import type { LaunchOrder } from '../../src/launch/order.ts'
import type { Registration } from '../../src/machine/agent-config.ts'
import { parseConfig } from '../../src/machine/config-file.ts'
import * as machinePaths from '../../src/machine/paths.ts'
import { githubProgram } from '../../src/forges/github/runner-program.ts'
import { Failure } from '../../src/model/failure.ts'
import { digest } from '../../src/model/identity.ts'
import { sealed } from '../../src/model/lease.ts'
import { Secret } from '../../src/model/secret.ts'
import type { Option } from '../../src/options/option.ts'
import type { EmulatedCloud } from '../sides/cloud-side.ts'
import { cloudSide, usualCloud } from '../sides/sides.ts'
import { clouds } from '../../src/clouds/registry.ts'
import { writeMounted } from '../../src/model/pod.ts'
import { startGithub, type GithubEmulator } from '../emulators/github/github.ts'
import { assetsFromSource } from '../emulators/machine/assets.ts'
import { decodeUserData, type UserData } from '../emulators/machine/user-data.ts'
import { candidate } from '../emulators/ports.ts'
import type { Cloud } from '../../src/clouds/cloud.ts'
import { draws, turnOf } from '../thorough.ts'
import { hostileText, nasty, printableText, seed, tagText, textFor, unprintable } from './hostile.ts'

const { table } = catalogue
const assets = assetsFromSource()
const enough = {
  token: 'ghp_0123456789abcdef',
  repo: 'https://github.com/octo-org/octo-repo',
  cloud: usualCloud().name,
}
const rows = Object.entries(table).map(([name, row], number) => [name, row, number] as const)
const huge = ['x'.repeat(2 ** 20), '$(id),=\n'.repeat(2 ** 17), '::'.repeat(2 ** 19)]
const known = [...nasty, ...unprintable]

interface Told {
  readonly host: EntryHost
  readonly lines: readonly string[]
  readonly masks: readonly string[]
}

function listening(): Told {
  const [lines, masks]: [string[], string[]] = [[], []]
  const host = {
    name: 'fuzz',
    log: levelledLog((_, text) => void lines.push(text)),
    signal: new AbortController().signal,
    postFollows: false,
    hurried: true,
    mask: (text: string) => void masks.push(text),
    origin: () => ({ host: 'fuzz', run: '1', attempt: '1', job: '1', step: '1', owner: 'someone' }),
    print: (text: string) => void lines.push(text),
    summarized: true,
    fail: (trouble: Trouble) => void lines.push(linesOf(trouble).join('\n')),
  }
  return { host: host as unknown as EntryHost, lines, masks }
}

const rawOf = (
  given: Readonly<Record<string, string>>,
  variables: RawOptions['variables'] = {},
): RawOptions => ({
  given: { ...enough, ...given },
  variables,
  words: [],
  problems: [],
  prefix: '--',
})

/** What came of options: a composition, or the failure, and what the process would have said and returned. */
async function ask(raw: RawOptions): Promise<{
  readonly composed?: Composition
  readonly failure?: Failure
  readonly code: number
  readonly told: Told
}> {
  const told = listening()
  let composed: Composition | undefined
  let failure: unknown
  const code = await conclude(told.host, async () => {
    try {
      composed = await compose(told.host, raw)
    } catch (error) {
      failure = error
      throw error
    }
  })
  if (failure !== undefined && !(failure instanceof Failure))
    throw new Error('no Failure', { cause: failure })
  return { ...(composed ? { composed } : {}), ...(failure ? { failure } : {}), code, told }
}

/** A refusal names the option, and is fit to be printed. */
function expectClear(
  { failure, code, told }: Awaited<ReturnType<typeof ask>>,
  name: string,
  text: string,
): void {
  const { message } = failure!
  expect(code).toBe(2)
  expect(message).toContain(name)
  expect(message.length).toBeLessThan(4_000)
  expect(message).toBe(printable(message))
  expect(told.lines.join('\n')).not.toMatch(/^\s*::|^##\[/m)
  const secret = table[name]?.kind === 'secret' || table[name]?.concealed
  if (secret && text.trim().length >= 8) expect(message).not.toContain(text.trim())
}

/** What was accepted is what was given, character by character. */
function expectExact(value: unknown, text: string, { kind, check }: Option): void {
  const trimmed = text.trim()
  if (value instanceof Secret) return expect(value.reveal()).toBe(trimmed)
  if (value instanceof URL) {
    expect([value.username, value.password, value.search, value.hash]).toEqual(['', '', '', ''])
    expect(value.protocol).toMatch(/^https?:$/)
    return
  }
  if (kind === 'text') expect(value).toBe(trimmed)
  else if (kind === 'choice') expect(value).toBe(trimmed.toLowerCase())
  else if (kind === 'list')
    expect(value).toEqual(trimmed.split(/[,\n\r]/).flatMap((item) => item.trim() || []))
  else if (kind === 'pairs') {
    for (const [key, one] of Object.entries(value as Record<string, string>)) {
      expect(key).not.toBe('')
      expect(text).toContain(key)
      expect(text).toContain(one)
    }
  } else if (kind === 'number' || kind === 'duration') {
    expect(Number.isNaN(value)).toBe(false)
    expect(check?.(value as never)).toBeUndefined()
  }
}

describe('every option of the catalogue', () => {
  test.each(rows)('%s is refused clearly, or taken as it was given', async (name, row, number) => {
    const examples = turnOf(known, number).map((text): [string, boolean] => [text, false])
    await fc.assert(
      fc.asyncProperty(textFor(row), fc.boolean(), async (text, asVariable) => {
        if (text.trim() === '') return
        const variable = `CML_RUNNER_${name.toUpperCase().replaceAll('-', '_')}`
        const raw = asVariable
          ? rawOf({ [name]: '' }, { [variable]: text })
          : rawOf({ [name]: text, ...(name === 'registration' ? { single: 'true' } : {}) })
        const answer = await ask(raw)
        if (answer.failure) return expectClear(answer, name, text)
        expectExact(answer.composed?.values[name], text, row)
        expect(answer.told.lines.every((line) => line === printable(line))).toBe(true)
      }),
      { seed: seed + number, numRuns: examples.length + draws(30), examples },
    )
  })

  test.each(rows)('%s of a megabyte is refused at once, or taken whole', async (name, row, number) => {
    for (const text of turnOf(huge, number)) {
      const answer = await ask(rawOf({ [name]: text }))
      if (answer.failure) expectClear(answer, name, text)
      else expectExact(answer.composed?.values[name], text, row)
    }
  })

  test('by a name that is none, and words that are no command, are refused without an echo of what could harm', async () => {
    await fc.assert(
      fc.asyncProperty(hostileText, hostileText, async (name, text) => {
        if (text.trim() === '' || name in table) return
        const { failure, code, told } = await ask({ ...rawOf({ [name]: text }), words: [text] })
        expect([failure?.kind, code]).toEqual(['invalid-input', 2])
        expect(told.lines.every((line) => line === printable(line))).toBe(true)
      }),
      { seed, numRuns: draws(60) },
    )
  })
})

describe('where this machine is the runner', () => {
  const environment = {
    HOME: '/home/someone',
    PATH: '/usr/bin',
    REPO_TOKEN: enough.token,
    EDITOR: enough.token,
  }
  const others = rows.filter(([name]) => name !== 'cloud')

  test.each(others)('%s is refused clearly, or asked of it as it was given', async (name, row, number) => {
    const examples = turnOf(known, number).map((text): [string] => [text])
    await fc.assert(
      fc.asyncProperty(textFor(row), async (text) => {
        if (text.trim() === '') return
        const answer = await ask(rawOf({ cloud: 'none', [name]: text }))
        if (answer.failure) return expectClear(answer, name, text)
        const { composed, told } = answer
        expectExact(composed!.values[name], text, row)
        const order = await hereOrderOf(composed!, environment, told.host.log).catch(
          (error: unknown) => error,
        )
        if (order instanceof Failure) return expect(printable(order.message)).toContain(name)
        const { labels, workdir, single } = composed!.values
        expect(order).toMatchObject({ labels, single, base: '/home/someone/.cml-runner' })
        expect((order as HereOrder).workdir).toBe(workdir === undefined ? undefined : resolve(workdir))
        expect(JSON.stringify((order as HereOrder).environment)).not.toContain(enough.token)
        expect(told.lines.every((line) => line === printable(line))).toBe(true)
      }),
      { seed: seed + number, numRuns: examples.length + draws(30), examples },
    )
  })
})

describe.each(clouds.map(({ name }) => cloudSide(name)))(
  'what was taken arrives at $name as it was',
  (side) => {
    let cloud: EmulatedCloud
    let github: GithubEmulator
    beforeAll(async () => {
      ;[cloud, github] = await Promise.all([side.start(), startGithub()])
      Object.assign(process.env, cloud.variables)
    })
    afterAll(() => Promise.all([cloud.close(), github.close()]))

    test('as tags of everything that is made there', async () => {
      let made = 0
      // What every cloud takes is among them.
      const plain = fc.stringMatching(/^[a-z][a-z0-9]{0,20}$/)
      const tag = fc.oneof({ arbitrary: tagText, weight: 3 }, printableText, { arbitrary: plain, weight: 4 })
      const wish = { name: printableText, owner: printableText, key: tag, value: tag }
      await fc.assert(
        fc.asyncProperty(fc.record(wish), async ({ name, owner, key, value }) => {
          const tags = `${key.replaceAll('=', '')}x=${value}`
          const forge = { repo: `${github.url}/octo-org/octo-repo`, token: github.token() }
          const answer = await ask(
            rawOf(
              { ...forge, cloud: side.name, name, 'cloud-metadata': tags },
              { ...cloud.variables, ...github.variables },
            ),
          )
          if (answer.failure) return expectClear(answer, 'cloud-metadata', value)
          const { ports, values } = answer.composed!
          const lease = { ...leaseOf(answer.composed!), identity: digest([String(made++)]), owner }
          const { candidates } = await ports.clouds.resolve(requestOf(values))
          const own = ports.clouds.of(candidates[0]!)
          const pod = writeMounted({ image: 'registry.example/runner:1', files: {} })
          const payload = own.limits.carrier === 'mounted' ? pod : Buffer.from('x')
          await own.create(candidates[0]!, { lease, payload, request: requestOf(values) })
          const machine = cloud.machines.at(-1)
          // Where labels cannot hold every text, a text that they hold is whole all the same.
          for (const [given, text] of Object.entries(values['cloud-metadata'] ?? {}))
            expect([undefined, text]).toContain(machine?.tags[given])
          if (side === usualCloud()) expect(machine?.tags).toMatchObject(values['cloud-metadata'] ?? {})
          expect(machine?.lease).toMatchObject({ name: values.name, owner })
          // And what is listed by them is found again, however its scope looks to a filter.
          const { machines: listed } = await ports.clouds.list({ identity: lease.identity }, [candidates[0]!])
          expect(listed.map((one) => one.lease)).toContainEqual(sealed(lease))
        }),
        { seed, numRuns: 40 },
      )
      expect(cloud.calls('create').length).toBeGreaterThan(10)
      expect(cloud.refused).toEqual([])
    })
  },
)

describe('what was taken arrives as it was', () => {
  let cloud: EmulatedCloud
  let github: GithubEmulator
  beforeAll(async () => {
    ;[cloud, github] = await Promise.all([usualCloud().start(), startGithub()])
    Object.assign(process.env, cloud.variables)
  })
  afterAll(() => Promise.all([cloud.close(), github.close()]))

  /** Against the emulators, in this process. */
  const open = async (
    given: Readonly<Record<string, string>>,
    variables: RawOptions['variables'] = {},
  ): Promise<Awaited<ReturnType<typeof ask>>> =>
    ask(
      rawOf(
        { repo: `${github.url}/octo-org/octo-repo`, token: github.token(), ...given },
        { ...cloud.variables, ...github.variables, ...variables },
      ),
    )

  test('as the name and the labels of a registration', async () => {
    const wish = fc.record({
      name: printableText,
      labels: fc.array(printableText, { minLength: 1, maxLength: 4 }),
    })
    let made = 0
    await fc.assert(
      fc.asyncProperty(wish, async ({ name, labels }) => {
        const answer = await open({ name, labels: labels.join(','), single: 'true', registration: 'jit' })
        if (answer.failure)
          return expectClear(answer, answer.failure.message.includes('labels') ? 'labels' : 'name', name)
        const { ports, values } = answer.composed!
        const order = orderOf(answer.composed!)
        github.deleteRunner(values.name!)
        await ports.forge.register(registrationRequest(order, candidate()))
        const body = github.journal.at(-1)?.body as { name: string; labels: readonly string[] }
        expect(body.name).toBe(name)
        const distinct = labelsOf(order, candidate()).filter(
          (label, index, all) =>
            all.findIndex((other) => other.toLowerCase() === label.toLowerCase()) === index,
        )
        expect(body.labels).toEqual(
          expect.arrayContaining(distinct.filter((label) => !/^(linux|x64|self-hosted)$/i.test(label))),
        )
        expect((await ports.forge.findRunner(name))?.name).toBe(name)
        made++
      }),
      { seed, numRuns: 40 },
    )
    expect(made).toBeGreaterThan(10)
    expect(github.refused).toEqual([])
  })

  test('or is refused by a Failure, when the cloud is asked what it means', async () => {
    const asked = [
      'cloud-type',
      'cloud-gpu',
      'cloud-image',
      'cloud-region',
      'cloud-permission-set',
      ...clouds.flatMap(({ options }) => Object.keys(options)),
    ]
    for (const name of asked) {
      await fc.assert(
        fc.asyncProperty(textFor(table[name]!), async (text) => {
          const { composed } = await open({ [name]: text })
          if (!composed) return
          const { clouds } = composed.ports
          await clouds.resolve(requestOf(composed.values)).catch((error: unknown) => {
            expect(error).toBeInstanceOf(Failure)
            expect((error as Failure).message).toBe(printable((error as Failure).message))
          })
        }),
        { seed, numRuns: draws(40) },
      )
    }
    expect(cloud.refused).toEqual([])
  })

  test('or is refused by a Failure, when it is the token and the forge is asked', async () => {
    const token = fc
      .oneof(
        hostileText,
        hostileText.map((text) => `ghp_0123456789${text}`),
      )
      .filter((text) => text.trim() !== '')
    await fc.assert(
      fc.asyncProperty(token, async (text) => {
        const { composed, failure } = await open({ token: text })
        const error: unknown =
          failure ?? (await composed?.ports.forge.findRunner('x').catch((thrown: unknown) => thrown))
        expect(error).toBeInstanceOf(Failure)
        if (text.trim().length >= 8) expect((error as Failure).message).not.toContain(text.trim())
      }),
      {
        seed,
        numRuns: known.length + draws(20),
        examples: known.map((one): [string] => [`ghp_0123456789${one}`]),
      },
    )
  })
})

function orderOf(composition: Composition): LaunchOrder {
  const { values } = composition
  return {
    lease: leaseOf(composition),
    labels: values.labels,
    single: values.single,
    idleTimeout: 300,
    launchTimeout: 600,
    ...(values.workdir === undefined ? {} : { workdir: values.workdir }),
    request: requestOf(values),
    proxy: {},
    assets: new Map(composition.ports.clouds.open.map(({ name }) => [name, assets])),
  }
}

describe('what was taken reaches the machine as data', () => {
  const registration: Registration = {
    forge: 'github',
    kind: 'token',
    url: enough.repo,
    token: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012',
    expiresAt: 1_800_000_000,
  }
  const download = { url: 'https://github.com/runner.tar.gz', sha256: 'a'.repeat(64), version: '2.336.0' }

  async function sent(composition: Composition, script?: Buffer): Promise<UserData> {
    const order = { ...orderOf(composition), ...(script ? { startupScript: script } : {}) }
    const fixed = { ...order, lease: { ...order.lease, expiresAt: 1_800_000_000 } }
    const forge = { ...composition.ports.forge, download: () => Promise.resolve(download) }
    const [{ name: cloud }] = composition.ports.clouds.open as [Cloud]
    return decodeUserData(
      await payloadFor(fixed, candidate({ cloud }), registration, { ...composition.ports, forge }),
    )
  }
  const fileOf = ({ files }: UserData, path: string): Buffer =>
    files.find((file) => file.path === path)?.bytes ?? Buffer.alloc(0)

  test('in its configuration and its startup script alone, and from there as one argument or variable', async () => {
    const plain = await sent((await ask(rawOf({}))).composed!)
    const wish = fc.record({
      name: printableText,
      labels: fc.array(printableText, { minLength: 1, maxLength: 3 }),
      workdir: printableText,
      script: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        hostileText.filter(Boolean).map((text) => Buffer.from(text)),
      ),
    })
    let reached = 0
    await fc.assert(
      fc.asyncProperty(wish, async ({ name, labels, workdir, script }) => {
        const bytes = Buffer.from(script)
        const answer = await ask(
          rawOf({
            name,
            labels: labels.join(','),
            workdir,
            'cloud-startup-script': bytes.toString('base64'),
          }),
        )
        if (answer.failure) return expect(answer.code).toBe(2)
        reached++
        const data = await sent(answer.composed!, bytes)
        const config = parseConfig(fileOf(data, machinePaths.config).toString('utf8'))
        expect(config).toMatchObject({ name, workdir })
        expect(config.labels.slice(0, labels.length)).toEqual(labels)
        expect(fileOf(data, machinePaths.startupScript)).toEqual(bytes)
        // Nothing that is executed, and no other file, differs from what is sent without these texts.
        expect([data.boothooks, data.bootCommands]).toEqual([plain.boothooks, plain.bootCommands])
        const others = ({ files }: UserData): unknown =>
          files.filter(({ path }) => path !== machinePaths.config && path !== machinePaths.startupScript)
        expect(others(data)).toEqual(others(plain))
        const { line, environment } = githubProgram.register(config, false)!
        expect(valueOf('name', line, environment)).toBe(name)
        expect(valueOf('labels', line, environment)).toBe(config.labels.join(','))
        expect(valueOf('work', line, environment)).toBe(workdir)
        expect(line.slice(0, 2)).toEqual(['./config.sh', '--unattended'])
        expect(
          line
            .filter((argument) => argument.startsWith('-'))
            .every((option) => /^--(unattended|url|name|labels|work)$/.test(option)),
        ).toBe(true)
        expect(line.join(' ')).not.toContain(registration.token)
      }),
      { seed, numRuns: 50 },
    )
    expect(reached).toBeGreaterThan(20)
  })

  function valueOf(
    option: string,
    line: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): string | undefined {
    const at = line.indexOf(`--${option}`)
    return at < 0 ? environment[`ACTIONS_RUNNER_INPUT_${option.toUpperCase()}`] : line[at + 1]
  }

  test('and a dotenv report carries an output as it is, or leaves it out and says so', () => {
    const names = ['instanceIp', 'runnerName', 'runnerLabels', 'label', 'runsOn', 'runners'] as const
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...names), hostileText, { noNullPrototype: true }),
        (some) => {
          const { text, left } = renderDotenv(some as unknown as Outputs, '')
          const read = Object.fromEntries(
            text
              .split('\n')
              .filter(Boolean)
              .map((line): [string, string] => [
                line.slice(0, line.indexOf('=')),
                line.slice(line.indexOf('=') + 1),
              ]),
          )
          const expected = Object.entries(some).filter(([name]) => !left.includes(name))
          expect(read).toEqual(
            Object.fromEntries(expected.map(([name, value]) => [outputVariable(name), value])),
          )
          expect(Object.values(read).every((value) => !value.includes('$'))).toBe(true)
        },
      ),
      { seed, numRuns: 300 },
    )
  })
})
