// Draws docs/life.svg, a machine's life, from what the demo prints: `npm run demo | npm run picture`. With --check the picture that is there must say
// what this demo says; its seconds and ids are of the run that it was drawn from.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { text } from 'node:stream/consumers'
import { readMoments } from './picture/moments.ts'
import { drawLife, sameButForNumbers } from './picture/svg.ts'

const file = join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs/life.svg')
const drawn = drawLife(readMoments(await text(process.stdin)))
if (process.argv.includes('--check')) {
  if (sameButForNumbers(readFileSync(file, 'utf8'), drawn))
    console.log('docs/life.svg says what the demo says.')
  else {
    console.error(
      'docs/life.svg does not say what the demo says. Run `npm run demo | npm run picture` and commit it.',
    )
    process.exitCode = 1
  }
} else writeFileSync(file, drawn)
