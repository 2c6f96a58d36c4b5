import { describe, expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { agentEntry, pairs } from '../../scripts/build/agent.ts'
import { clouds, type CloudLine } from '../../src/clouds/registry.ts'
import { forges } from '../../src/forges/registry.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

interface Rule {
  /** Files the sentence is about, relative to src. */
  readonly files: RegExp
  readonly may: readonly RegExp[]
  readonly sentence: string
}

const ports = [/^ports\.ts$/, /^clouds\/clouds?\.ts$/, /^forges\/forge\.ts$/, /^hosts\/host\.ts$/]

/**
 * Who may import whom; the first row that fits a file counts. A file may always import its own room, which for a cloud or a forge is
 * its own folder.
 */
const rules: readonly Rule[] = [
  { files: /^entry\//, may: [/./], sentence: 'entry may import everything' },
  {
    files: /^generate\//,
    may: [
      /^(options|model)\//,
      /^(clouds|forges)\/registry\.ts$/,
      /^clouds\/promises\.ts$/,
      /^hosts\/component-variables\.ts$/,
    ],
    sentence:
      'generate may import options, model, the registries, what clouds promise and the variables of the component',
  },
  {
    files: /^launch\//,
    may: [...ports, /^(removal|machine|options|model|lib)\//],
    sentence: 'launch may import the ports, removal, machine, options, model and lib',
  },
  {
    files: /^here\//,
    may: [...ports, /^(agent|launch|removal|machine|options|model|lib)\//],
    sentence:
      'here, the runner on this machine, may import the ports, agent, launch, removal, machine, options, model and lib',
  },
  {
    files: /^removal\//,
    may: [...ports, /^(machine|options|model|lib)\//],
    sentence: 'removal, which never imports launch, may import the ports, machine, options, model and lib',
  },
  {
    files: /^(rerun|doctor)\//,
    may: [...ports, /^(options|model|lib)\//],
    sentence: 'rerun and doctor may import the ports, options, model and lib',
  },
  {
    files: /^ports\.ts$/,
    may: [...ports, /^lib\//],
    sentence: 'ports.ts may import the ports it holds, and lib',
  },
  {
    files: /^(clouds|forges)\/registry\.ts$/,
    may: [
      /^(clouds|forges)\/[^/]+\/(index|options|plan|servers|gitlab-login|own-machine)\.ts$/,
      /^(clouds\/cloud|forges\/forge|machine\/(runner|own)-program)\.ts$/,
      /^(options|model)\//,
    ],
    sentence:
      'a registry may import the ports (that of the machine too), options, model, and of each implementation its options, its plan, its servers, its way to log in, its half on a machine of one’s own and its index',
  },
  {
    files: /^clouds\/cloud\.ts$|^forges\/forge\.ts$|^hosts\/host\.ts$/,
    may: [/^(machine|model|lib)\//],
    sentence: 'a port may import machine, model and lib',
  },
  {
    files: /^clouds\/[^/]+\/(agent|machine)-[^/]+\.ts$/,
    may: [/^(machine|model|lib)\//],
    sentence: 'the half of a cloud that lives on the machine may import machine, model and lib',
  },
  {
    files: /^clouds\//,
    may: [/^clouds\/(cloud|findings|promises)\.ts$/, /^(options|model|lib)\//],
    sentence: 'a cloud may import cloud.ts, findings.ts, promises.ts, options, model and lib',
  },
  {
    files: /^forges\//,
    may: [/^forges\/forge\.ts$/, /^(options|machine|model|lib)\//],
    sentence: 'a forge may import forge.ts, options, machine, model and lib',
  },
  {
    files: /^agent\//,
    may: [/^(machine|model|lib)\//, /^(clouds|forges)\/[^/]+\/(agent|runner|machine)-[^/]+\.ts$/],
    sentence:
      'the agent may import machine, model, lib and the agent half of a cloud or forge (agent-*, runner-*, machine-*)',
  },
  {
    files: /^machine\/carriers\//,
    may: [/^machine\/delivery\.ts$/, /^(model|lib)\//],
    sentence: 'a carrier may import the delivery, model and lib',
  },
  {
    files: /^machine\//,
    may: [/^machine\/carriers\//, /^(model|lib)\//],
    sentence: 'machine may import model and lib',
  },
  {
    files: /^hosts\//,
    may: [/^hosts\/host\.ts$/, /^(model|lib)\//],
    sentence: 'a host may import host.ts, model and lib',
  },
  {
    files: /^options\//,
    may: [/^hosts\/host\.ts$/, /^(model|lib)\//],
    sentence: 'options may import host.ts, model and lib',
  },
  { files: /^lib\//, may: [], sentence: 'lib may import built-ins only' },
  { files: /^model\//, may: [], sentence: 'model may import model only' },
]

/** Packages and the only files that may import them. Everything else from outside is refused. */
const packages: Readonly<Record<string, RegExp>> = {
  '@actions/core': /^hosts\/github-actions\.ts$/,
  '@actions/exec': /^entry\//,
  '@actions/github': /^forges\/github\/client\.ts$/,
  '@aws-sdk/client-ec2': /^clouds\/aws\/client\.ts$/,
  '@google-cloud/compute': /^clouds\/gcp\/(client|compute)\.ts$/,
  '@kubernetes/client-node': /^clouds\/kubernetes\/client\.ts$/,
  '@azure/arm-compute': /^clouds\/azure\/client\.ts$/,
  '@azure/identity': /^clouds\/azure\/login\.ts$/,
  'google-auth-library': /^clouds\/gcp\/(login|keys)\.ts$/,
  'string-width': /^lib\/terminal-table\.ts$/,
  yaml: /^generate\//,
}

interface SourceFile {
  /** Relative to src. */
  readonly path: string
  readonly text: string
  readonly imports: readonly string[]
}

const sources: readonly SourceFile[] = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .sort()
  .map((path) => {
    const text = readFileSync(join(root, 'src', path), 'utf8')
    return {
      path,
      text,
      imports: ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName),
    }
  })

function targetOf({ path }: SourceFile, specifier: string): string {
  return relative(join(root, 'src'), join(root, 'src', dirname(path), specifier))
}

/** The room of a file: its folder, and for an implementation of a port the folder of that implementation. */
function roomOf(path: string): string {
  return /^(?:(?:clouds|forges)\/[^/]+(?=\/)|machine\/carriers(?=\/)|[^/]+)/.exec(path)?.[0] ?? path
}

function brokenSentences(source: SourceFile): readonly string[] {
  const rule = rules.find(({ files }) => files.test(source.path))
  if (!rule) return [`src/${source.path} is in no room that has a rule`]
  return source.imports.flatMap((specifier) => {
    if (specifier.startsWith('node:'))
      return builtinModules.includes(specifier.slice(5)) ? [] : [`${specifier} is no built-in`]
    if (!specifier.startsWith('.')) {
      return packages[packageOf(specifier)]?.test(source.path)
        ? []
        : [`src/${source.path} imports ${specifier}, which may be imported only ${whereOf(specifier)}`]
    }
    const target = targetOf(source, specifier)
    const allowed = roomOf(target) === roomOf(source.path) || rule.may.some((pattern) => pattern.test(target))
    return allowed ? [] : [`src/${source.path} imports src/${target}, but ${rule.sentence}`]
  })
}

/** Of a file in a package: the package. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function whereOf(specifier: string): string {
  const only = packages[packageOf(specifier)]
  return only ? `in ${only.source}` : 'after it was added to the table of packages'
}

/** The first way round that leads back to a file, as a list of paths. */
function findCycle(): readonly string[] | undefined {
  const targets = new Map(
    sources.map((source) => [
      source.path,
      source.imports.filter((name) => name.startsWith('.')).map((name) => targetOf(source, name)),
    ]),
  )
  const done = new Set<string>()
  const visit = (path: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path]
    if (done.has(path)) return undefined
    for (const target of targets.get(path) ?? []) {
      const cycle = visit(target, [...way, path])
      if (cycle) return cycle
    }
    done.add(path)
    return undefined
  }
  for (const { path } of sources) {
    const cycle = visit(path, [])
    if (cycle) return cycle
  }
  return undefined
}

/** Files and packages that one file leads to, itself included. */
function reachedFrom(
  start: string | SourceFile,
  importsOf = (source: SourceFile): readonly string[] => source.imports,
): ReadonlySet<string> {
  const byPath = new Map(sources.map((source) => [source.path, source]))
  const reached = new Set<string>()
  const visit = (start: string | SourceFile): void => {
    const [path, source] = typeof start === 'string' ? [start, byPath.get(start)] : [start.path, start]
    if (reached.has(path)) return
    reached.add(path)
    if (!source) return
    for (const specifier of importsOf(source))
      visit(specifier.startsWith('.') ? targetOf(source, specifier) : specifier)
  }
  visit(start)
  return reached
}

/** Those that are loaded with the file itself: neither types alone nor `import()`. */
function staticImports({ text }: SourceFile): readonly string[] {
  const { statements } = ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest)
  return statements.flatMap((node) =>
    ts.isImportDeclaration(node) && node.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword
      ? [(node.moduleSpecifier as ts.StringLiteral).text]
      : [],
  )
}

const matches = (pattern: RegExp, allowed: RegExp): readonly string[] =>
  sources
    .filter(({ path }) => !allowed.test(path))
    .flatMap(({ path, text }) =>
      [...withoutComments(text).matchAll(pattern)].map(([found]) => `src/${path}: ${found}`),
    )

function withoutComments(text: string): string {
  const file = ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest)
  return ts.createPrinter({ removeComments: true }).printFile(file)
}

describe('the rooms of src', () => {
  test('each imports only what the table of rooms allows', () => {
    expect(sources.flatMap(brokenSentences)).toEqual([])
  })

  test('no file leads back to itself', () => {
    expect(findCycle()?.join(' → ')).toBeUndefined()
  })

  test.each(pairs)(
    'the agent’s program for $forge on $cloud needs no package, and holds the half of no other forge or cloud',
    (pair) => {
      const text = agentEntry(pair)
      const imports = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName)
      const reached = [...reachedFrom({ path: 'entry/agent.ts', text, imports })]
      expect(reached.length).toBeGreaterThan(20)
      const packages = reached.filter((path) => !path.endsWith('.ts') && !path.startsWith('node:'))
      expect(packages).toEqual([])
      const halves = reached.filter((path) => /^(forges|clouds)\//.test(path))
      const lines: readonly CloudLine[] = clouds
      const inPod = lines.find(({ name }) => name === pair.cloud)?.footing === 'pod'
      expect(halves.sort()).toEqual([
        `clouds/${pair.cloud}/machine-half.ts`,
        ...(inPod ? [`forges/${pair.forge}/runner-in-pod.ts`] : []),
        `forges/${pair.forge}/runner-program.ts`,
      ])
    },
  )

  test('there is a program for every forge on every cloud', () => {
    expect(pairs).toHaveLength(forges.length * clouds.length)
  })

  test('machines are ended in removal/remove alone, and registrations in few places more', () => {
    const callers = (verb: string): string[] =>
      sources
        .filter(({ path, text }) => /^(here|launch|removal|entry)\//.test(path) && text.includes(`.${verb}(`))
        .map(({ path }) => path)
    expect(callers('destroy')).toEqual(['removal/remove.ts'])
    // `frugal` passes on what others decide.
    expect(callers('unregister')).toEqual([
      'here/registration.ts',
      ...['take-name', 'twins'].map((verb) => `launch/${verb}.ts`),
      ...['clear', 'frugal', 'prune', 'remove'].map((verb) => `removal/${verb}.ts`),
    ])
  })

  test('whose a machine or a registration is, model/ownership tells alone', () => {
    // Forges read the labels of their own requests, and know by them what an earlier, unanswered one has made; and those that a job asks for.
    const reader = /^model\/(ownership|runner)\.ts$|^forges\/[^/]+\/(registration|serving)\.ts$/
    expect(matches(/\b(identityOfRunner|runOfRunner|placesOfRunner|carries)\(/g, reader)).toEqual([])
    const said = String.raw`\blease[!?]?\.(scope|identity|run|name|nonce)\b`
    const compared = new RegExp(`${said}\\s*[!=]==|[!=]==\\s*[\\w.!?]*${said}`, 'g')
    expect(matches(compared, /^model\/ownership\.ts$/)).toEqual([])
    const asked = (verb: RegExp): string[] =>
      sources
        .filter(({ path, text }) => /^(here|launch|removal|entry)\//.test(path) && verb.test(text))
        .map(({ path }) => path)
    expect(asked(/\bclouds\s*\.list\(/)).toEqual(['removal/survey.ts'])
    expect(asked(/\bclouds\s*\.listEnded\(/)).toEqual(['removal/corpses.ts'])
  })

  test.each([
    ...['at-once', 'await-runner', 'dwelling', 'free-name', 'own-runner', 'take-name'].map(
      (verb) => `launch/${verb}`,
    ),
    ...['prepare', 'reuse-instead', 'reused'].map((verb) => `launch/${verb}`),
    ...['take-over', 'twins'].map((verb) => `launch/${verb}`),
    ...['corpses', 'list', 'prune', 'remove', 'signs-of-life', 'spare'].map((verb) => `removal/${verb}`),
    ...['stop-targets', 'survey', 'sweep'].map((verb) => `removal/${verb}`),
    'here/registration',
    ...['judge', 'rerun'].map((verb) => `rerun/${verb}`),
  ])('%s asks it', (verb) => {
    const asks = sources.find(({ path }) => path === `${verb}.ts`)?.imports
    expect(asks).toContain('../model/ownership.ts')
  })

  test.each(clouds.map(({ name }) => name))(
    'the %s cloud asks it before it gives out what another has made',
    (name) => {
      const asks = sources.find(({ path }) => path === `clouds/${name}/create.ts`)?.imports
      expect(asks).toContain('../../model/ownership.ts')
    },
  )

  test('the verbs know no vendor, save by the name of an option', () => {
    const vendor = /(?<!cloud-)\b(github|gitlab|aws|ec2|azure|gcp|kubernetes)\b/gi
    expect(matches(vendor, /^(?!(here|launch|removal|rerun|doctor)\/)/)).toEqual([])
  })

  test('what only another command needs is loaded by that command', () => {
    const loaded = reachedFrom('entry/commands.ts', staticImports)
    expect(
      [...loaded].filter((path) => /^(here|launch|removal|rerun|doctor|clouds|forges|generate)\//.test(path)),
    ).toEqual([])
  })

  test('the process is read and ended only in hosts and entry', () => {
    expect(matches(/\bprocess\.(env|argv|exit|exitCode)\b/g, /^(hosts|entry)\//)).toEqual([])
  })

  test('time and chance come only through lib/clock', () => {
    const pattern =
      /\b(setTimeout|setInterval|Date\.now|Math\.random|new Date\(\)|performance\.now)|node:timers/g
    expect(matches(pattern, /^lib\/clock\.ts$/)).toEqual([])
  })

  test('only entries do something when they are imported', () => {
    const doing = sources
      .filter(({ path }) => !path.startsWith('entry/'))
      .flatMap(({ path, text }) => {
        const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest)
        return file.statements
          .filter((node) => ts.isExpressionStatement(node) || ts.isIfStatement(node))
          .map((node) => `src/${path}: ${text.slice(node.pos, node.end).trim()}`)
      })
    expect(doing).toEqual([])
  })
})

describe('a cloud or a forge', () => {
  test.each([
    ['clouds', clouds],
    ['forges', forges],
  ])('is one folder of src/%s and one line of its registry', (room, lines) => {
    const folders = readdirSync(join(root, 'src', room), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    )
    expect(lines.map(({ name }) => name).toSorted()).toEqual(folders.map(({ name }) => name).toSorted())
  })
})

describe('sizes', () => {
  const table = /^clouds\/[^/]+\/catalogue\.ts$|^options\/runner-options\.ts$/

  test('a file has at most 250 lines, tables apart', () => {
    const long = sources
      .filter(({ path }) => !table.test(path))
      .map(({ path, text }) => [path, text.trimEnd().split('\n').length] as const)
    expect(long.filter(([, lines]) => lines > 250)).toEqual([])
  })

  test('a function has at most 40 lines', () => {
    const long: string[] = []
    for (const { path, text } of sources) {
      const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
      const lineOf = (position: number): number => file.getLineAndCharacterOfPosition(position).line
      const visit = (node: ts.Node): void => {
        const lines = ts.isFunctionLike(node) ? lineOf(node.end) - lineOf(node.getStart(file)) + 1 : 0
        if (lines > 40) long.push(`src/${path}:${lineOf(node.getStart(file)) + 1} has ${lines} lines`)
        ts.forEachChild(node, visit)
      }
      visit(file)
    }
    expect(long).toEqual([])
  })

  test('a function has at most four parameters', () => {
    const many: string[] = []
    for (const { path, text } of sources) {
      const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
      const visit = (node: ts.Node): void => {
        if (ts.isFunctionLike(node) && node.parameters.length > 4)
          many.push(`src/${path}: ${node.name?.getText() ?? 'one without a name'}`)
        ts.forEachChild(node, visit)
      }
      visit(file)
    }
    expect(many).toEqual([])
  })
})

describe('tests', () => {
  /** Jest's own patience is for the slowest host there is; less makes an outcome depend on how fast one is. */
  test('have no patience of their own', () => {
    const files = readdirSync(join(root, '__tests__'), { recursive: true, encoding: 'utf8' })
    const hasty = files.filter(
      (path) =>
        path.endsWith('.test.ts') &&
        /^\s*jest\.setTimeout\(/m.test(readFileSync(join(root, '__tests__', path), 'utf8')),
    )
    expect(hasty).toEqual([])
  })
})

describe('names', () => {
  test('files are kebab-case, named after a thing, and tests lie where their subject lies', () => {
    const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    expect(files.filter((path) => !/^[a-z0-9./-]+$/.test(path) && !path.endsWith('README.md'))).toEqual([])
    expect(files.filter((path) => /(^|\/)(utils?|helpers?|common|manager|misc)\b/.test(path))).toEqual([])
  })
})
