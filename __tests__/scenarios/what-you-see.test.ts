import { expect, test } from '@jest/globals'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clouds } from '../../src/clouds/registry.ts'
import { whatYouSee } from '../seen/seen.ts'
import { usualCloud } from '../sides/sides.ts'
import { tellIf } from './story.ts'

const page = join(dirname(fileURLToPath(import.meta.url)), '../../docs/what-you-see.md')

const [{ name: shown }] = clouds

tellIf(usualCloud().name === shown, `the page shows ${shown}`, test)(
  'docs/what-you-see.md shows what the program shows',
  async () => {
    const writes = process.env.CML_SEEN === 'write'
    const known = writes ? '' : readFileSync(page, 'utf8')
    const seen = await whatYouSee(known)
    if (writes) writeFileSync(page, seen)
    else expect(seen).toBe(known)
  },
  900_000,
)
