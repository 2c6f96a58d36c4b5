import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** `import('./summary.ts')`, as sources write it. */
const dynamicImport = /\bimport\('([^']+)'\)/g

/**
 * Lets each `import()` of the stage say which file it loads. The bundler numbers its chunks whatever they are called, and leaves the name in a comment
 * where a chunk is asked for: `nameChunks` finds it there.
 */
export function markImports(stage: string): void {
  const root = join(stage, 'src')
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue
    const file = join(root, name)
    const text = readFileSync(file, 'utf8')
    const marked = text.replace(
      dynamicImport,
      (_, what: string) =>
        `import(/* webpackChunkName: "${nameOf(relative(root, join(dirname(file), what)), what)}" */ '${what}')`,
    )
    if (marked !== text) writeFileSync(file, marked)
  }
}

/** `launch/summary.ts` → `launch.summary`; `forges/x/index.ts` → `forges.x`; `@actions/github` → `package.actions-github`. */
function nameOf(path: string, what: string): string {
  if (!what.startsWith('.')) return `package.${what.replace(/^@/, '').replaceAll('/', '-')}`
  return path.replace(/(?:\/index)?\.ts$/, '').replaceAll('/', '.')
}

/** One chunk that an `import()` asks for, or several: those that it shares with others first, its own last. */
const requested =
  /(?:Promise\.all\(\/\* import\(\) \| ([\w.-]+) \*\/\[((?:\w+_require__\.e\(\d+\)(?:, )?)+)\]|_require__\.e\(\/\* import\(\) \| ([\w.-]+) \*\/ (\d+)\))/g

/** Gives the bundler's numbered chunks in a folder the names of what they hold, in files and in texts. */
export function nameChunks(folder: string): void {
  const files = readdirSync(folder).filter((name) => name.endsWith('.js'))
  const texts = new Map(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
  const numbered = [...texts].flatMap(([file, text]) => {
    const number = /^(\d+)\.index\.js$/.exec(file)?.[1]
    return number === undefined ? [] : [[number, text] as const]
  })
  const names = namesIn([...texts.values()], new Map(numbered))
  for (const [file, text] of texts) {
    writeFileSync(join(folder, file), renamed(text, names))
    const name = names.get(file.replace('.index.js', ''))
    if (name !== undefined) renameSync(join(folder, file), join(folder, `${name}.js`))
  }
}

/** By number. A chunk that several share is called after the first of them in the alphabet, one that a package asks for by what it exports. */
function namesIn(texts: readonly string[], chunks: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const own = new Map<string, string>()
  const users = new Map<string, string[]>()
  for (const [, many, list = '', one, number] of texts.flatMap((text) => [...text.matchAll(requested)])) {
    if (number !== undefined) own.set(number, one ?? '')
    const numbers = [...list.matchAll(/\d+/g)].map(([digits]) => digits)
    const last = numbers.pop()
    if (last !== undefined) own.set(last, many ?? '')
    for (const other of numbers) users.set(other, [...(users.get(other) ?? []), many ?? ''])
  }
  const taken = new Set(own.values())
  for (const [number, text] of chunks) {
    if (own.has(number)) continue
    const [user] = users.get(number)?.toSorted() ?? []
    own.set(number, unlike(taken, user === undefined ? exportOf(text) : `${user}.needs`))
  }
  return own
}

/** `package.fromSSO`: of what a chunk exports, the name that tells most. */
function exportOf(text: string): string {
  const names = [...text.matchAll(/^\/\* harmony export \*\/ {3}(\w{4,}):/gm)].map(([, name = '']) => name)
  const found = names.find((name) => /^from[A-Z]|Client$/.test(name)) ?? names[0] ?? 'part'
  return `package.${found}`
}

function unlike(taken: Set<string>, name: string): string {
  for (let count = 1; ; count++) {
    const found = count === 1 ? name : `${name}-${count}`
    if (taken.has(found)) continue
    taken.add(found)
    return found
  }
}

function renamed(text: string, names: ReadonlyMap<string, string>): string {
  const quoted = (number: string): string => (names.has(number) ? `"${names.get(number)}"` : number)
  return text
    .replace(
      /(_require__\.e\((?:\/\*[^*]*\*\/ )?)(\d+)\)/g,
      (_, before: string, number: string) => `${before}${quoted(number)})`,
    )
    .replace(
      /^(exports\.ids? = )(.*)$/gm,
      (_, before: string, numbers: string) => before + numbers.replace(/\d+/g, quoted),
    )
    .replace('"" + chunkId + ".index.js"', '"" + chunkId + ".js"')
}
