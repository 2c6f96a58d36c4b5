import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jobOutputs, runAction } from './action-runner.ts'
import { parseCommand, parseKeyValueFile } from './actions-runner/commands.ts'

const metadata = `
inputs:
  given: {}
  silent: {}
  told: { default: "\${{ job.check_run_id }}/\${{ strategy.job-index }}" }
runs: { using: node24, main: dist/main.js, post: dist/post.js }
`

/** Every way an action talks to its runner. */
const main = `
const { appendFileSync } = require('node:fs')
const file = (name, text) => appendFileSync(process.env['GITHUB_' + name], text)
console.log('env ' + Object.keys(process.env).filter((name) => !/^(GITHUB|RUNNER|INPUT)_|^(CI|HOME|PATH|MODE)$/.test(name)))
console.log('inputs ' + JSON.stringify([process.env.INPUT_GIVEN, process.env.INPUT_SILENT, process.env.INPUT_TOLD, process.env.INPUT_EXTRA]))
console.log('before s3cret-1')
console.log('::add-mask::s3cret-1%0As3cret-2')
console.log('after s3cret-1 and s3cret-2 and job-secret')
console.log('::debug::unseen')
console.log('  ::warning file=a.js,line=1::two%0Alines, 100%25')
console.log('::stop-commands::pause')
console.log('::error::only text')
console.log('::pause::')
process.stdout.write('::error::whole')
file('OUTPUT', 'plain=1\\nlong<<END\\na\\nb=c\\nEND\\nhidden=has s3cret-2\\n')
file('STATE', 'identity=abc\\n')
file('STEP_SUMMARY', '# s3cret-1\\n')
if (process.env.MODE === 'wait') {
  process.on('SIGINT', () => process.exit(130))
  console.log('\\nwaiting')
  setInterval(() => {}, 1000)
} else process.exitCode = 3
`
const post = `console.log('post ' + process.env.STATE_identity + ' ' + process.env.INPUT_GIVEN + ' s3cret-1')`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'action-'))
  mkdirSync(join(folder, 'dist'))
  writeFileSync(join(folder, 'action.yml'), metadata)
  writeFileSync(join(folder, 'dist/main.js'), main)
  writeFileSync(join(folder, 'dist/post.js'), post)
})
afterAll(() => rmSync(folder, { recursive: true }))

const start = (rest: object = {}) =>
  runAction({ dist: join(folder, 'dist'), inputs: { given: 'x' }, ...rest })

describe('the emulated runner of actions', () => {
  test('passes inputs and state, obeys commands, and runs post after a failure', async () => {
    const lines: string[] = []
    const result = await start({
      inputs: { given: 'x', extra: 'y' },
      contexts: { 'job.check_run_id': '12', 'strategy.job-index': '0' },
      secrets: ['job-secret'],
      onLine: (line: string) => lines.push(line),
    })
    expect([result.main.exitCode, result.post?.exitCode]).toEqual([3, 0])
    expect(lines).toEqual([
      "##[warning]Unexpected input(s) 'extra'",
      'env ',
      'inputs ["x","","12/0","y"]',
      'before s3cret-1',
      'after *** and *** and ***',
      '##[warning]two',
      'lines, 100%',
      '::error::only text',
      '##[error]whole',
      'post abc x ***',
    ])
    expect(result.outputs).toEqual({ plain: '1', long: 'a\nb=c', hidden: 'has s3cret-2' })
    expect(jobOutputs(result)).toEqual({ plain: '1', long: 'a\nb=c', hidden: '' })
    expect(result.state).toEqual({ identity: 'abc' })
    expect([result.main.summary, result.main.rawSummary]).toEqual(['# ***\n', '# s3cret-1\n'])
    expect(result.main.raw).toContain('after s3cret-1')
  })

  test('cancels with SIGINT, and then runs post', async () => {
    const result = await start({ env: { MODE: 'wait' }, cancelWhen: (line: string) => line === 'waiting' })
    expect(result.main).toMatchObject({ exitCode: 130, signal: null })
    expect(result.post?.log).toBe('post abc x ***')
  })

  test('runs no post where the host died', async () => {
    const result = await start({ env: { MODE: 'wait' }, killWhen: (line: string) => line === 'waiting' })
    expect(result.main).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
    expect(result.post).toBeUndefined()
  })

  test.each([
    ['::a::', { name: 'a', properties: {}, data: '' }],
    [' ::group::T: x::y', { name: 'group', properties: {}, data: 'T: x::y' }],
    ['::error file=a%2Cb,line=1::m', { name: 'error', properties: { file: 'a,b', line: '1' }, data: 'm' }],
    ['text ::error::m', undefined],
    [':::', undefined],
    ['::::x', undefined],
  ])('takes %j as the runner does', (line, command) => {
    expect(parseCommand(line)).toEqual(command)
  })

  test.each(['no equals sign', 'a<<END\nnever ended'])('refuses the file %j', (text) => {
    expect(() => parseKeyValueFile(text)).toThrow()
  })
})
