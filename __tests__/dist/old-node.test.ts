import { expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { doors } from '../../scripts/build/doors.ts'

const root = join(import.meta.dirname, '../..')

/** The command line's door, with nothing behind it, on a Node that says it is of that version. */
function callOn(version: string) {
  const folder = mkdtempSync(join(tmpdir(), 'old-node-'))
  try {
    const pretend = join(folder, 'pretend.cjs')
    writeFileSync(
      pretend,
      `Object.defineProperty(process.versions, 'node', { value: ${JSON.stringify(version)} })`,
    )
    writeFileSync(join(folder, 'cli.js'), doors['cli.js']!)
    writeFileSync(join(folder, 'index.js'), "exports.runCli = () => console.log('behind the door')")
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--require', pretend, join(folder, 'cli.js')],
      { encoding: 'utf8' },
    )
    return { status, stdout, stderr }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test.each(['18.20.4', '20.20.2', '22.18.0'])(
  'on Node %s the command line says in one line what it needs',
  (version) => {
    const { status, stdout, stderr } = callOn(version)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(
      new RegExp(`^cml-runner needs Node.js 22.19 or newer, and this is ${version}\\..*\\n$`),
    )
  },
)

test.each(['22.19.0', '22.21.1', '23.0.0', '24.21.0'])('on Node %s it opens', (version) => {
  expect(callOn(version)).toEqual({ status: 0, stdout: 'behind the door\n', stderr: '' })
})

test('what npm is told is what the door asks for', () => {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    engines: { node: string }
  }
  const [, oldest] = /^>=(\d+\.\d+)$/.exec(engines.node) ?? []
  expect(doors['cli.js']).toContain(`needs Node.js ${oldest} or newer`)
})
