import { readFileSync } from 'node:fs'
import ts from 'typescript'

/**
 * Names that a TypeScript file imports from a package as values, in alphabetical order. Throws for `import *` and default imports:
 * what these use cannot be told.
 */
export function usedNames(path: string, packageName: string): readonly string[] {
  const file = ts.createSourceFile(
    path,
    readFileSync(path, 'utf8'),
    ts.ScriptTarget.Latest,
    false,
    ts.ScriptKind.TS,
  )
  const names = file.statements.filter(ts.isImportDeclaration).flatMap((statement) => {
    const clause = statement.importClause
    const from = statement.moduleSpecifier
    if (
      !ts.isStringLiteral(from) ||
      from.text !== packageName ||
      !clause ||
      clause.phaseModifier === ts.SyntaxKind.TypeKeyword
    )
      return []
    if (clause.name || !clause.namedBindings || !ts.isNamedImports(clause.namedBindings)) {
      throw new Error(`${path} must import ${packageName} by names, so that the build knows what it uses`)
    }
    return clause.namedBindings.elements
      .filter((element) => !element.isTypeOnly)
      .map((element) => (element.propertyName ?? element.name).text)
  })
  return [...new Set(names)].sort()
}

/** Files of a package that a TypeScript file imports something of as values: what follows the prefix, in alphabetical order. */
export function usedFiles(path: string, prefix: string): readonly string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(path, 'utf8'), true, true)
  const names = importedFiles.map(({ fileName }) => fileName).filter((name) => name.startsWith(prefix))
  return [...new Set(names)].map((name) => name.slice(prefix.length)).sort()
}
