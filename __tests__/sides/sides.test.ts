import { describe, expect, test } from '@jest/globals'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pairsOf as rigPairsOf } from '../chaos/pairs.ts'
import { pairsOf } from './sides.ts'

const root = join(import.meta.dirname, '../..')

describe('pairs', () => {
  test('are every cloud with every forge, and the matrix of trouble has the same', () => {
    const names = pairsOf().map(({ name }) => name)
    expect(names.length).toBeGreaterThan(1)
    expect(rigPairsOf().map(({ name }) => name)).toEqual(names)
  })

  test('that nobody can play fail with the file to add', () => {
    expect(() => pairsOf([{ name: 'nimbus' }], [{ name: 'github' }])).toThrow(
      'add __tests__/sides/nimbus.ts, and its line to __tests__/sides/sides.ts',
    )
    expect(() => pairsOf(undefined, [{ name: 'gitea' }])).toThrow('add __tests__/sides/gitea.ts')
  })

  test.each(pairsOf())('$name has what the demo plays', ({ cloud, forge }) => {
    const file = `__tests__/demo/${cloud.name}.${{ github: 'workflow', gitlab: 'gitlab-ci' }[forge]}.yml`
    if (!existsSync(join(root, file)))
      throw new Error(`Add ${file}: what somebody with this pair would write.`)
  })
})
