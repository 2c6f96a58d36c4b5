// Fills the figures of docs/benchmarks.md and the README from what benchmark and matrix wrote to docs/figures/: `npm run figures`. With --check the
// pages must say what those files say.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readFigures } from './figures/files.ts'
import { fillPages } from './figures/pages.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pages = fillPages(root, readFigures(root))
const stale = Object.entries(pages).filter(([page, text]) => readFileSync(join(root, page), 'utf8') !== text)
if (!process.argv.includes('--check')) for (const [page, text] of stale) writeFileSync(join(root, page), text)
else if (stale.length > 0) {
  const names = stale.map(([page]) => page).join(' and ')
  console.error(
    `${names} does not say what docs/figures/ says. Run \`npm run figures\` and commit what it writes.`,
  )
  process.exitCode = 1
}
