import { describe, expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { clouds } from '../../src/clouds/registry.ts'
import { usual, type Budget } from '../emulators/cloud/budget.ts'
import { cloudSide } from '../sides/sides.ts'

const notCounted = /(\.test|^conformity|^budget)\.ts$/

/** Lines that are neither empty nor a comment alone. */
function linesOfCode(text: string): number {
  const lines = text.replace(/^\s*\/\*\*[^]*?\*\/$/gm, '').split('\n')
  return lines.filter((line) => !/^\s*(\/\/.*)?$/.test(line)).length
}

test('a line of code is counted, and what stands around it is not', () => {
  expect(
    linesOfCode('/** One. */\nconst a = 1 // two\n\n  /**\n   * Three.\n   */\n  // four\n  b()\n'),
  ).toBe(2)
})

describe.each(clouds.map(({ name }) => cloudSide(name)))('the emulator of $name', ({ emulator }) => {
  const folder = join(import.meta.dirname, '../emulators', emulator)

  test('has no more lines of code than its budget.ts says, which can only shrink', async () => {
    const { budget } = (await import(join(folder, 'budget.ts'))) as { readonly budget: Budget }
    const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !notCounted.test(file))
    const counts = files.map((file) => linesOfCode(readFileSync(join(folder, file), 'utf8')))
    const lines = counts.reduce((sum, count) => sum + count, 0)
    expect(lines).toBeLessThanOrEqual(budget.lines)
    // What has become smaller stays so.
    expect(lines).toBeGreaterThan(budget.lines - 50)
    expect(budget.lines <= usual || budget.why !== '').toBe(true)
  })
})
