import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { catalogue } from '../../src/entry/catalogue.ts'

/** Where help finds what the tables of the bundle do not say any more. */
const kept = 'src/generate/descriptions.ts'

/**
 * Only help shows what options mean, and every launch loads their tables. So the bundle keeps these texts in a chunk of their own.
 *
 * @param stage Folder with a copy of `src/`, which is changed.
 */
export function moveDescriptions(stage: string): void {
  const texts = Object.entries(catalogue.table).map(([name, { description }]) => [name, description])
  writeFileSync(
    join(stage, kept),
    `export const descriptions: Readonly<Record<string, string>> = ${JSON.stringify(Object.fromEntries(texts))}\n`,
  )
  for (const file of tablesIn(stage)) writeFileSync(file, withoutDescriptions(readFileSync(file, 'utf8')))
}

function tablesIn(stage: string): readonly string[] {
  return readdirSync(join(stage, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /(^|\/)(options|runner-options)\.ts$/.test(name))
    .map((name) => join(stage, 'src', name))
}

/** Rows of options with an empty `description`, and no `Meanings`: what options of every cloud mean at one of them is part of the description. */
export function withoutDescriptions(source: string): string {
  const file = ts.createSourceFile('options.ts', source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS)
  const cuts: { readonly from: number; readonly to: number; readonly by: string }[] = []
  const cut = (node: ts.Node, by: string): void => void cuts.push({ from: node.getStart(), to: node.end, by })
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'description') cut(node.initializer, "''")
    else if (ts.isVariableDeclaration(node) && node.type?.getText() === 'Meanings' && node.initializer)
      cut(node.initializer, '{}')
    else ts.forEachChild(node, visit)
  }
  visit(file)
  return cuts.reduceRight((text, { from, to, by }) => text.slice(0, from) + by + text.slice(to), source)
}
