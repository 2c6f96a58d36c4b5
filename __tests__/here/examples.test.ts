import { expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { catalogue } from '../../src/entry/catalogue.ts'
import { rawOptionsOf, readArguments } from '../../src/hosts/arguments.ts'
import { review } from '../../src/options/parse.ts'
import { shapeOf } from '../../src/options/shape.ts'
import { testWith } from '../needs.ts'

const root = join(import.meta.dirname, '../..')
const unit = readFileSync(join(root, 'docs/examples/cml-runner.service'), 'utf8')
const dockerfile = readFileSync(join(root, 'docs/examples/on-premise.Dockerfile'), 'utf8')
const { name, bin, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  name: string
  bin: Record<string, string>
  engines: { node: string }
}

/** `INSTRUCTION words`, without comments, continued lines joined. No Docker is needed to read it, and none is here to build it. */
const instructions = dockerfile
  .replace(/^#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter(Boolean)
  .map((line) => /^(\S+) (.*)$/.exec(line)!.slice(1) as [string, string])
const said = (instruction: string): readonly string[] =>
  instructions.flatMap(([word, rest]) => (word === instruction ? [rest] : []))

const [, ...ofUnit] = /^ExecStart=(.*)$/m.exec(unit)![1]!.split(' ')
const ofImage = JSON.parse(said('CMD')[0]!) as string[]

test.each([
  ['the unit', ofUnit],
  ['the image', ofImage],
])('%s calls the program by options that it has, and lets it wait for ever', (_, argv) => {
  const variables = { REPO_TOKEN: 'ghp_0123456789', CML_RUNNER_REPO: 'https://github.com/org/repo' }
  const read = readArguments(argv, shapeOf(catalogue.table))
  const { values, problems } = review(catalogue.table, rawOptionsOf(read, variables), {}, () => ({
    clouds: [],
    forge: 'github',
  }))
  expect([problems, values['idle-timeout']]).toEqual([[], Infinity])
})

test('the image holds what the program needs, and stops by a signal to the program itself', () => {
  const known = ['FROM', 'RUN', 'ENTRYPOINT', 'CMD']
  expect(instructions.filter(([word]) => !known.includes(word))).toEqual([])
  const [, node = ''] = /^node:(\d+)-bookworm$/.exec(said('FROM')[0]!)!
  expect(Number(node)).toBeGreaterThanOrEqual(parseInt(engines.node.replace(/\D+/, ''), 10))
  // In the form of a list no shell stands before it.
  expect(JSON.parse(said('ENTRYPOINT')[0]!)).toEqual(Object.keys(bin))
  expect(said('RUN').join('\n')).toContain(`npm install --global ${name}`)
  // libicu of Debian 12, for GitHub's program.
  for (const package_ of [
    'git',
    'libicu72',
    `useradd --create-home ${/--user=(\w+)/.exec(ofImage.join())![1]}`,
  ])
    expect(said('RUN').join('\n')).toContain(package_)
})

testWith(['systemd-analyze'])('systemd finds nothing wrong with the unit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cml-runner-unit-'))
  try {
    const path = join(folder, 'cml-runner.service')
    writeFileSync(path, unit.replace('/usr/local/bin/cml-runner', '/bin/true'))
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', path], {
      encoding: 'utf8',
    })
    // It reads units of this machine beside it, and may have something to say of those.
    const ours = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('cml-runner.service'))
    expect([status, ours]).toEqual([0, []])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
