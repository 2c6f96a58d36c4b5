// Packages of an SDK offer what they have in lists: a file that only says which other file has which name. A bundler that splits its result
// takes all of a list for needed where one name of it is, so what only rare ways need would be loaded on every way.
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Plugin, PluginBuild } from 'esbuild'

const imports = /^import \{([^}]*)\} from "([^"]+)";$/gm
const exports = /^export \{([^}]*)\} from "([^"]+)";\n/gm

/** Has the files that `filter` matches import each name from where it is made. */
export function straightImports(filter: RegExp): Plugin {
  return {
    name: 'straight-imports',
    setup(build) {
      build.onLoad({ filter }, async ({ path }) => ({
        contents: await straightened(build, path),
        loader: 'js',
      }))
    },
  }
}

async function straightened(build: PluginBuild, path: string): Promise<string> {
  const text = readFileSync(path, 'utf8')
  const straight = new Map<string, string>()
  for (const [line, names = '', from = ''] of text.matchAll(imports)) {
    const lines = namesIn(names).map(async ({ name, as }) => {
      const made = await origin(build, { name, from, folder: dirname(path) })
      return `import { ${made.name} as ${as} } from ${JSON.stringify(made.from)};`
    })
    straight.set(line, (await Promise.all(lines)).join('\n'))
  }
  return text.replace(imports, (line) => straight.get(line) ?? line)
}

interface Named {
  readonly name: string
  readonly from: string
  readonly folder: string
}

/** Where a name comes from, behind any number of lists. */
async function origin(build: PluginBuild, { name, from, folder }: Named): Promise<Omit<Named, 'folder'>> {
  const { path, external, errors } = await build.resolve(from, {
    kind: 'import-statement',
    resolveDir: folder,
  })
  if (external || errors.length > 0) return { name, from }
  const text = readFileSync(path, 'utf8')
  if (text.replace(exports, '').trim() !== '') return { name, from: path }
  for (const [, names = '', source = ''] of text.matchAll(exports)) {
    const found = namesIn(names).find(({ as }) => as === name)
    if (found) return origin(build, { name: found.name, from: source, folder: dirname(path) })
  }
  return { name, from: path }
}

/** `A, B as C, ` → A as A, B as C. */
function namesIn(list: string): readonly { readonly name: string; readonly as: string }[] {
  return list
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean)
    .map((one) => {
      const [name = '', as = name] = one.split(' as ')
      return { name, as }
    })
}
