import { describe, expect, it } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { catalogue } from '../../src/entry/catalogue.ts'
import { renderHelp } from '../../src/generate/help.ts'
import { available } from '../../src/options/command.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

const filesIn = (folder: string, pattern: RegExp): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => pattern.test(path))
    .map((path) => join(folder, path))

const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Our words for what users do not meet under these names. */
const inner =
  /\b(forges?|twins?|fuses?|hard (?:ends?|deadlines?)|corpses?|remnants?|leases?|footings?|farewells?|conceal\w*|heartbeats?|nonces?|our agent|hand-over|handed over|candidates?|identity|(?<!token )scope)\b(?!`)/gi

/** The same words where they are others'. */
const others =
  /workload[- ]identity|identity (provider|pool)|managed identity|user-assigned identit\w+|Identity-Aware|caller identity|web identity|scope cloud-platform|scope to the token|lacks a scope|GetCallerIdentity|scopes? `[^`]*`|(narrower|not a) scope|^scope …|`[^`]*`/gi

/** What people read before and while they use it. */
const pages = [
  'README.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'gitlab-component/README.md',
  ...filesIn('docs', /^[^/]+\.md$/),
  ...filesIn('docs/examples', /\.(yml|service|Dockerfile)$/),
  ...filesIn('gitlab-component/examples', /\.yml$/),
]

/** Without what is quoted as code, and where links lead. */
const proseOf = (text: string): string => text.replace(/^(`{3,})[^]*?^\1$/gm, '').replace(/\]\([^)]*\)/g, ']')

/** Some clouds and GitLab have a thing of that name, which pages must call so. */
const cloudsWords =
  /\b(an|no|its|workload|environment|user-assigned) identity\b|\bthe identity (in|of the machine|`)|\benvironment(['’]s)? scope\b/gi

function innerWordsOf(text: string): readonly string[] {
  return [...text.replace(others, '').matchAll(inner)].map(([word]) => word)
}

describe('the words that users read', () => {
  it('has one spelling of “cannot”', () => {
    const files = [
      ...filesIn('src', /\.(ts|sh|md)$/),
      ...filesIn('docs', /\.(md|yml|json)$/),
      ...filesIn('gitlab-component', /\.(md|yml)$/),
      'action.yml',
    ]
    expect(files.filter((path) => /\bcan not\b/i.test(textOf(path)))).toEqual([])
  })

  it('has no word of ours in help and in the action’s inputs', () => {
    for (const command of [undefined, ...Object.keys(available)])
      expect(innerWordsOf(renderHelp(catalogue, '1', command))).toEqual([])
    expect(innerWordsOf(textOf('action.yml').replace(/^ {2}candidates:$/m, ''))).toEqual([])
  })

  it.each(pages)('has none in %s, save in names between backticks', (page) => {
    expect(innerWordsOf(proseOf(textOf(page)).replace(cloudsWords, ''))).toEqual([])
  })

  it('is found where a page has one', () => {
    expect(innerWordsOf(proseOf('The forge says it. `forge`\n```\nforge\n```\n[there](forge.md)'))).toEqual([
      'forge',
    ])
  })

  it('has none in what the program says', () => {
    // Situations are told to tests alone.
    const found = filesIn('src', /(?<!(cloud|forge)-failures)\.ts$/).flatMap((path) =>
      messagesIn(path).flatMap((text) =>
        innerWordsOf(text.replace(cloudsWords, '')).map((word) => `${path}: “${word}” in “${text}”`),
      ),
    )
    expect(found).toEqual([])
  })
})

/** Whatever reads like words of a sentence; what is put into it is left out, and so are scripts, and what only a defect of ours would say. */
function messagesIn(path: string): readonly string[] {
  const file = ts.createSourceFile(path, textOf(path), ts.ScriptTarget.Latest, true)
  const texts: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && /^(Range|Type)?Error$/.test(node.expression.getText())) return
    const text = textIn(node)
    if (text !== undefined && !text.includes('\n') && /\w \S+ \S/.test(text)) texts.push(text)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return texts
}

function textIn(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text
  if (!ts.isTemplateExpression(node)) return undefined
  return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…')
}
