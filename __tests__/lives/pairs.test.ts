import { expect, test } from '@jest/globals'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clouds } from '../../src/clouds/registry.ts'
import { forges } from '../../src/forges/registry.ts'

const here = dirname(fileURLToPath(import.meta.url))

const pairs = clouds.flatMap((cloud) => forges.map((forge) => `${cloud.name}-${forge.name}`))

test.each(pairs)('%s has a whole life and a removal here', (pair) => {
  const path = join(here, `${pair}.test.ts`)
  if (!existsSync(path)) throw new Error(`Add __tests__/lives/${pair}.test.ts: one life and one removal.`)
  const stories = readFileSync(path, 'utf8').match(/^ {2}\w*[sS]tory\(/gm)
  expect(stories).toHaveLength(2)
})
