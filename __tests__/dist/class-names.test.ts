import { expect, test } from '@jest/globals'
import { transformSync } from 'esbuild'
import { runInNewContext } from 'node:vm'
import { keepClassNames } from '../../scripts/build/class-names.ts'

const source = `"use strict";
class Declared extends Error {}
const Given = class {}
const Inner = class _Inner { go() { return 1 } }
let later; later = class {}
class Own { static name = 'mine' }
const table = { Listed: class {} }
function helper() {}
exports.names = [Declared, Given, Inner, later, Own, table.Listed].map((one) => one.name)
exports.helper = helper.name
`

const namesIn = (code: string): { readonly names: readonly string[]; readonly helper: string } => {
  const exports = {} as { names: readonly string[]; helper: string }
  runInNewContext(code, { exports, Error })
  return exports
}

test('classes keep their names when a bundle is minified, and functions do not', () => {
  const shortened = (code: string): string => transformSync(`${code}`, { minify: true, format: 'cjs' }).code
  const { names } = namesIn(source)
  // So that names get shorter at all: what is at the top of a file stays.
  const inside = (code: string): string => `(() => {${code}})()`
  expect(namesIn(shortened(inside(source))).names).not.toEqual(names)
  const kept = namesIn(shortened(inside(keepClassNames(source))))
  expect(kept.names).toEqual(names)
  expect(kept.helper).not.toBe('helper')
})
