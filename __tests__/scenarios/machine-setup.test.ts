import { describe, expect } from '@jest/globals'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { podPaths } from '../../src/model/pod.ts'
import type { ActionResult } from '../emulators/action-runner.ts'
import type { JournalEntry } from '../emulators/github/wire.ts'
import { pairsOf, usualCloud } from '../sides/sides.ts'
import { story, tellOfDownload, type Stage } from './story.ts'

const docs = join(import.meta.dirname, '../../docs')

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** What a person sees of the machine in the step's log. */
const shown = (log: string): string[] => log.split('\n').filter((line) => line.startsWith('│ '))

async function expectOnline(stage: Stage, inputs: Record<string, string> = {}): Promise<string> {
  const { main, post, outputs } = await stage.launch(inputs)
  expect([main.exitCode, post?.exitCode]).toEqual([0, 0])
  expect(stage.github.runner(outputs.runnerName!)).toMatchObject({ online: true })
  return main.log
}

/** The launch failed, in words; nothing was handed over and nothing is left. */
function expectFailed({ main, post, outputs }: ActionResult, parts: readonly string[]): void {
  expect([main.exitCode, post?.exitCode, outputs]).toEqual([1, 0, {}])
  for (const part of [...parts, 'Nothing of this launch is left.']) expect(main.log).toContain(part)
  expect(main.summary).toContain('### ❌ Could not ')
}

function expectOneMachineEnded({ cloud, github }: Stage): void {
  expect(cloud.machines.map(({ ended }) => ended)).toEqual([true])
  expect(github.runners()).toEqual([])
}

const sides = [...new Map(pairsOf().map(({ cloud }) => [cloud.name, cloud])).values()]

describe.each(sides.map((cloud) => ({ cloud, called: cloud.name })))('a key on $called', ({ cloud }) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()

  story(
    'comes to the user that people log in as, its public half alone, and the launch says how to get there',
    async (stage) => {
      const { main, post } = await stage.launch({ 'cloud-ssh-private': pem })
      expect([main.exitCode, post?.exitCode]).toEqual([0, 0])
      expect(main.log).toMatch(/cloud-ssh-private: .*docs\/logging-in\.md/)
      expect(existsSync(join(docs, 'logging-in.md'))).toBe(true)
      const { root } = stage.machine()
      const file = join(root, 'home/ubuntu/.ssh/authorized_keys')
      if (cloud.withoutSystem) expect(existsSync(file)).toBe(false)
      else {
        const lines = readFileSync(file, 'utf8').trim().split('\n')
        expect(lines.map(keyOf)).toEqual([publicKey.export({ format: 'jwk' })])
        expect(statSync(file).mode & 0o777).toBe(0o600)
      }
      const told = main.raw.replace(/^::add-mask::.*$/gm, '') + stage.machine().console()
      expect(told + stage.cloud.snapshot()).not.toContain('PRIVATE KEY')
      await stage.shutDown()
    },
    { cloud },
  )
})

/** What an OpenSSH line holds: length and bytes of the kind, the exponent, the modulus (RFC 4253, 6.6). */
function keyOf(line: string): object {
  const [kind, encoded = ''] = line.split(' ')
  const blob = Buffer.from(encoded, 'base64')
  const fields: Buffer[] = []
  for (let at = 0; at < blob.length;) {
    const length = blob.readUInt32BE(at)
    fields.push(blob.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  expect([kind, fields[0]?.toString()]).toEqual(['ssh-rsa', 'ssh-rsa'])
  const [e, n] = fields.slice(1).map((field) => field.subarray(field[0] === 0 ? 1 : 0).toString('base64url'))
  return { kty: 'RSA', n, e }
}

const usual = usualCloud()
const downloadStory = tellOfDownload(story)

/** The first that a machine asks of GitHub, and its word before that. */
const [isFirst, firstWord]: [isFirst: (entry: JournalEntry) => boolean, firstWord: string] =
  usual.withoutDownload
    ? [({ path }) => path.endsWith('/actions/runner-registration'), 'registering']
    : [({ side }) => side === 'archive', 'fetching']

describe('a machine whose runner never comes online', () => {
  story('because it hangs is given up when the time is over, with its boot log', async (stage) => {
    stage.github.fault = (entry) => (isFirst(entry) ? 'silent' : undefined)
    const result = await stage.launch({ 'launch-timeout': '10s' })
    expectFailed(result, [
      'online within 10 s',
      `the machine's last word was "${firstWord}"`,
      'give `launch-timeout` more time',
      'Boot log (end):',
      '│ cml-runner ',
      ` ${firstWord}`,
    ])
    expectOneMachineEnded(stage)
  })

  story('because GitHub refuses its registration ends the wait at once', async (stage) => {
    stage.github.fault = ({ path }) =>
      path.endsWith('/actions/runner-registration')
        ? { status: 404, body: { message: 'Not Found' } }
        : undefined
    const result = await stage.launch({ 'launch-timeout': '60m' })
    expectFailed(result, ['the registration ended with 1', 'Boot log (end):', 'Http response code: NotFound'])
    expectOneMachineEnded(stage)
  })

  downloadStory('because its download is not what GitHub promised never runs it', async (stage) => {
    stage.github.fault = ({ side }) =>
      side === 'archive' ? { status: 200, body: Buffer.from('something else') } : undefined
    const result = await stage.launch({ 'launch-timeout': '60m' })
    expectFailed(result, ['the digest of the runner', 'Boot log (end):'])
    expectOneMachineEnded(stage)
  })
})

/** Who runs a startup script, in which folder of his own, and where the runner has its entry once there is one: a pod's user is its image's, whom nothing names. */
const [who, home, entry] = usual.withoutSystem
  ? ['somebody', 'home/runner', `${podPaths.tree.slice(1)}/.runner`]
  : ['root', 'root', 'opt/actions-runner/.runner']

describe('a startup script', () => {
  story(`runs as ${who} before the runner is registered, under its own first line`, async (stage) => {
    const script = [
      '#!/bin/sh -eu',
      'echo "$0" | grep -q startup-script',
      'echo "I am ${USER-somebody} in $HOME"',
      `test ! -e ${entry} && echo "nothing is registered"`,
      'echo made >"$HOME/made"',
    ].join('\n')
    const log = await expectOnline(stage, { 'cloud-startup-script': base64(script), log: 'debug' })
    const machine = stage.machine()
    const lines = machine.console().split('\n')
    const said = lines.indexOf('  | nothing is registered')
    expect(said).toBeGreaterThan(lines.indexOf(`  | I am ${who} in ${machine.root}/${home}`))
    expect(lines.findIndex((line) => / registering: /.test(line))).toBeGreaterThan(said)
    expect(shown(log)).toEqual(expect.arrayContaining(['│ startup-script', '│   | nothing is registered']))
    await stage.shutDown()
  })

  story('without a first line runs under bash, and whatever is in it stays text', async (stage) => {
    const text = `"';$(touch /pwned)` + '`'
    const script = `words=(one two)\ncat <<'TEXT'\n${text} é\nTEXT\necho "\${words[1]}"\n`
    await expectOnline(stage, { 'cloud-startup-script': base64(script) })
    const console = stage.machine().console()
    expect(console).toContain(`  | ${text} é\n  | two\n`)
    await stage.shutDown()
  })

  story(
    'that fails ends machine and launch, and what it said is shown before anything was registered',
    async (stage) => {
      const script = base64('#!/bin/bash\necho "looking for the driver"\necho "no driver here" >&2\nexit 3\n')
      const result = await stage.launch({ 'launch-timeout': '60m', 'cloud-startup-script': script })
      expectFailed(result, [
        'the startup script ended with 3',
        'A failing `cloud-startup-script` shows its own output there.',
        '│   | looking for the driver',
        '│   | no driver here',
      ])
      expect(
        stage.github.journal.filter(({ path }) => path.endsWith('/actions/runner-registration')),
      ).toEqual([])
      expectOneMachineEnded(stage)
    },
  )
})
