import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }

let cwd: string

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'into-test-'))
})
afterAll(() => rmSync(cwd, { recursive: true }))

function build(...argv: readonly string[]) {
  const line = ['--import', join(root, 'scripts/typescript.mjs'), join(root, 'scripts/build.ts'), ...argv]
  return spawnSync(process.execPath, line, { cwd, encoding: 'utf8' })
}

describe('a build of one’s own', () => {
  test('is laid where somebody stands, and runs there', () => {
    expect(build('--into', 'mine/package').status).toBe(0)
    const line = [join(cwd, 'mine/package/dist/cli.js'), 'version']
    expect(spawnSync(process.execPath, line, { encoding: 'utf8' }).stdout).toBe(`${version}\n`)
  })

  test.each([[['--into']], [['--in', 'mine']]])(
    'is refused where nobody knows what is meant (%j)',
    (argv) => {
      const { status, stderr } = build(...argv)
      expect([status, stderr]).toEqual([1, expect.stringContaining('or --into and a folder')])
    },
  )
})
