// Keeps what the recorded answers of the real vendors look like, and nothing of what they say, as __tests__/shapes/<vendor>/<recording>.json:
//
//   npm run shapes -- path/to/recordings             writes them
//   npm run shapes -- path/to/recordings --check     tells those that differ
//
// The recordings themselves are no part of this project. Without them there is nothing to do.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { dialects, type Vendor } from '../__tests__/shapes/operations.ts'
import { readRecordings } from '../__tests__/shapes/recordings.ts'
import { shapeFileOf, shapesFolder } from '../__tests__/shapes/shape.ts'

const root = join(import.meta.dirname, '..')

async function shapesOf(from: string, vendor: Vendor): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  for (const recording of readRecordings(from, vendor)) {
    const path = join(shapesFolder, vendor, `${recording.name}.json`)
    const options = { ...(await resolveConfig(path)), parser: 'json', printWidth: 200 } as const
    texts.set(path, await format(JSON.stringify(shapeFileOf(recording)), options))
  }
  return texts
}

/** Files that should be and are not so, or should not be at all. */
function stale(vendor: Vendor, texts: ReadonlyMap<string, string>): readonly string[] {
  const folder = join(shapesFolder, vendor)
  const there = existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : []
  const differing = [...texts].filter(
    ([path, text]) => !existsSync(path) || readFileSync(path, 'utf8') !== text,
  )
  return [...differing.map(([path]) => path), ...there.filter((path) => !texts.has(path))]
}

async function main(argv: readonly string[]): Promise<number> {
  const [from] = argv.filter((word) => !word.startsWith('--'))
  if (!from || !existsSync(from)) {
    console.error(
      `${from ? `${from} is not there` : 'No folder of recordings was named'}: shapes are left as they are.`,
    )
    return 0
  }
  const differing: string[] = []
  for (const vendor of Object.keys(dialects) as Vendor[]) {
    const texts = await shapesOf(from, vendor)
    differing.push(...stale(vendor, texts))
    if (argv.includes('--check')) continue
    mkdirSync(join(shapesFolder, vendor), { recursive: true })
    for (const path of stale(vendor, texts)) if (!texts.has(path)) rmSync(path)
    for (const [path, text] of texts) writeFileSync(path, text)
  }
  if (!argv.includes('--check')) return 0
  for (const path of differing) console.error(`${relative(root, path)} is not what the recordings give.`)
  return differing.length === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
