import ts from 'typescript'

const helper = 'cmlRunnerClass'

/**
 * Each class keeps its name when a minifier shortens it: SDKs compare the names of classes. Those of functions nobody compares there, and to keep them
 * as well would cost twenty bytes for each.
 */
export function keepClassNames(source: string): string {
  const file = ts.createSourceFile('bundle.js', source, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS)
  const marks: { readonly at: number; readonly name: string }[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isClassDeclaration(node) || ts.isClassExpression(node)) {
      const name = node.name?.text ?? nameGivenTo(node)
      if (name !== undefined && !hasOwnName(node)) marks.push({ at: node.members.pos, name })
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  if (marks.length === 0) return source
  const marked = marks
    .sort((one, other) => other.at - one.at)
    .reduce(
      (text, { at, name }) =>
        `${text.slice(0, at)} static{${helper}(this,${JSON.stringify(name)})} ${text.slice(at)}`,
      source,
    )
  const strict = marked.startsWith('"use strict";') ? '"use strict";' : ''
  return `${strict}var ${helper}=(c,value)=>Object.defineProperty(c,"name",{value,configurable:true});${marked.slice(strict.length)}`
}

/** `const Name = class {}` and the like: what JavaScript itself calls such a class. */
function nameGivenTo(node: ts.ClassLikeDeclaration): string | undefined {
  const { parent } = node
  if (ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name)) return parent.name.text
  if (ts.isPropertyAssignment(parent) && ts.isIdentifier(parent.name)) return parent.name.text
  if (ts.isBinaryExpression(parent) && ts.isIdentifier(parent.left)) return parent.left.text
  return undefined
}

/** A class with a static member `name` answers for itself. */
function hasOwnName(node: ts.ClassLikeDeclaration): boolean {
  return node.members.some(
    (member) =>
      member.name !== undefined &&
      ts.isIdentifier(member.name) &&
      member.name.text === 'name' &&
      ts.canHaveModifiers(member) &&
      (ts.getModifiers(member) ?? []).some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword),
  )
}
