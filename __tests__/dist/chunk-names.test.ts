import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { markImports, nameChunks } from '../../scripts/build/chunk-names.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cml-runner-chunks-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text)
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
const ids = (own: number, ...others: readonly number[]): string =>
  `exports.id = ${own};\nexports.ids = [${[own, ...others].join(',')}];\n`

describe('chunks of the bundle', () => {
  test('are marked, where one is asked for, with the file that it begins with', () => {
    mkdirSync(join(folder, 'src/launch'), { recursive: true })
    write(
      'src/launch/launch.ts',
      "await import('../clouds/x/index.ts'), import('./summary.ts'), import('@y/z')",
    )
    markImports(folder)
    expect(read('src/launch/launch.ts')).toBe(
      `await import(/* webpackChunkName: "clouds.x" */ '../clouds/x/index.ts'), import(/* webpackChunkName: "launch.summary" */ './summary.ts'), import(/* webpackChunkName: "package.y-z" */ '@y/z')`,
    )
  })

  test('have these names in files and in texts, those that are shared one of a sharer, those of packages one of an export', () => {
    const asks = [
      '__webpack_require__.e(/* import() | launch.summary */ 11).then()',
      'Promise.all(/* import() | clouds.x */[__webpack_require__.e(21), __webpack_require__.e(22)]).then()',
      'unlike.e(11)',
    ]
    write('index.js', `${asks.join('\n')}\nreturn "" + chunkId + ".index.js";`)
    write('11.index.js', ids(11, 9))
    write('21.index.js', `${ids(21)}__webpack_require__.e(/* import() */ 31)`)
    write('22.index.js', ids(22))
    write(
      '31.index.js',
      `${ids(31)}/* harmony export */   ENV: () => 1\n/* harmony export */   fromKey: () => 1\n`,
    )
    nameChunks(folder)
    expect(readdirSync(folder).toSorted()).toEqual([
      'clouds.x.js',
      'clouds.x.needs.js',
      'index.js',
      'launch.summary.js',
      'package.fromKey.js',
    ])
    expect(read('index.js').split('\n')).toEqual([
      '__webpack_require__.e(/* import() | launch.summary */ "launch.summary").then()',
      'Promise.all(/* import() | clouds.x */[__webpack_require__.e("clouds.x.needs"), __webpack_require__.e("clouds.x")]).then()',
      'unlike.e(11)',
      'return "" + chunkId + ".js";',
    ])
    expect(read('launch.summary.js')).toBe(
      'exports.id = "launch.summary";\nexports.ids = ["launch.summary",9];\n',
    )
    expect(read('clouds.x.needs.js')).toContain('e(/* import() */ "package.fromKey")')
  })
})
