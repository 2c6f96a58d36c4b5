// The schema module of such a client describes every operation of its service (1.3 MB). Nothing can shake it: each
// row may have side effects as far as a bundler knows. This keeps the declarations that the given names reach, and nothing else.
import ts from 'typescript'

/**
 * The same statements, in the same order, without the declarations that `roots` do not reach. `source` is the text of
 * `dist-es/schemas/schemas_0.js`: imports, declarations and calls at top level only.
 */
export function pruneSchemas(source: string, roots: readonly string[]): string {
  const file = ts.createSourceFile('schemas.js', source, ts.ScriptTarget.Latest, false, ts.ScriptKind.JS)
  const statements = file.statements.map((node) => ({
    node,
    names: declaredNames(node),
    uses: identifiers(node),
  }))
  const byName = new Map(
    statements.flatMap((statement) => statement.names.map((name) => [name, statement] as const)),
  )
  const missing = roots.filter((root) => !byName.has(root))
  if (missing.length > 0)
    throw new Error(`The schemas declare no ${missing.join(', ')}: has the SDK changed its layout?`)
  // Calls and imports run when the module loads, so what they use stays too.
  const kept = new Set(statements.filter(({ names }) => names.length === 0))
  const pending = [...roots, ...[...kept].flatMap(({ uses }) => [...uses])]
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const statement = byName.get(name)
    if (!statement || kept.has(statement)) continue
    kept.add(statement)
    pending.push(...statement.uses)
  }
  return statements
    .filter((statement) => kept.has(statement))
    .map(({ node }) => source.slice(node.pos, node.end))
    .join('')
}

/** Names a top-level declaration makes; none for imports and calls. */
function declaredNames(node: ts.Statement): readonly string[] {
  if (!ts.isVariableStatement(node)) return []
  return node.declarationList.declarations.map(({ name }) => {
    if (!ts.isIdentifier(name))
      throw new Error('The schemas destructure at top level: has the SDK changed its layout?')
    return name.text
  })
}

function identifiers(node: ts.Node): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (child: ts.Node): void => {
    if (ts.isIdentifier(child)) found.add(child.text)
    ts.forEachChild(child, visit)
  }
  visit(node)
  return found
}
