import { describe, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { parse, parseAllDocuments } from 'yaml'
import { clouds, type CloudLine } from '../../src/clouds/registry.ts'
import { catalogue } from '../../src/entry/catalogue.ts'
import { generateCommand, generatedFiles } from '../../src/entry/generate.ts'
import { templates } from '../../src/generate/component.ts'
import type { ComponentInput } from '../../src/generate/component-inputs.ts'
import { componentVariables, isLoginVariable, optionOfInput } from '../../src/hosts/component-variables.ts'
import { heeds } from '../../src/options/heed.ts'
import type { Command } from '../../src/options/command.ts'
import { draws } from '../thorough.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const read = (name: string) => readFileSync(join(root, name), 'utf8')
const { name: packageName, version } = JSON.parse(read('package.json')) as { name: string; version: string }
const commands = Object.entries(templates)

interface Job {
  readonly [key: string]: unknown
  readonly variables: Record<string, string>
  readonly script: readonly string[]
  readonly after_script?: readonly string[]
}

const textOf = (file: string) => read(`gitlab-component/templates/${file}.yml`)
const specOf = (file: string) =>
  (parseAllDocuments(textOf(file))[0]!.toJS() as { spec: { inputs: Record<string, ComponentInput> } }).spec
    .inputs
const bodyOf = (file: string) => textOf(file).split(/^---$/m)[1]!
const block = /\$\[\[\s*inputs\.([\w-]+)\s*\]\]/g

/** As GitLab puts inputs in: into the text, before that text is read as YAML (text_template.rb). */
function interpolate(file: string, given: Record<string, unknown>): Record<string, Job> {
  const spec = specOf(file)
  const text = bodyOf(file).replace(block, (_, name: string) => {
    const value = given[name] ?? spec[name]!.default
    return typeof value === 'string' ? value : JSON.stringify(value)
  })
  return parse(text) as Record<string, Job>
}

/** Of a job's ID tokens, for whom that one is that another job has for somebody else. */
function audienceIn(given: unknown, before: unknown): unknown {
  const [tokens, known] = [given, before] as Readonly<Record<string, { readonly aud: unknown }>>[]
  return Object.entries(tokens!).find(([name, { aud }]) => aud !== known?.[name]?.aud)?.[1].aud
}

describe('generated files of the component', () => {
  test('are what the options make', async () => {
    const made = Object.entries(await generatedFiles(root)).filter(([name]) =>
      name.startsWith('gitlab-component/'),
    )
    expect(made.map(([name]) => name).toSorted()).toEqual([
      'gitlab-component/.gitlab-ci.yml',
      'gitlab-component/LICENSE',
      'gitlab-component/README.md',
      'gitlab-component/examples/train.yml',
      ...commands.map(([, file]) => `gitlab-component/templates/${file}.yml`).toSorted(),
    ])
    const stale = made.filter(([name, text]) => read(name) !== text).map(([name]) => name)
    if (stale.length > 0) throw new Error(`Run \`${generateCommand}\` and commit ${stale.join(', ')}.`)
  })

  test('there is a template for each file in the folder, and no other', () => {
    const files = readdirSync(join(root, 'gitlab-component/templates')).toSorted()
    expect(files).toEqual(commands.map(([, file]) => `${file}.yml`).toSorted())
  })
})

describe.each(clouds as readonly CloudLine[])('a job that logs in at $title', ({ gitlabLogin }) => {
  test('reads variables that the program leaves to it', async () => {
    const login = await gitlabLogin?.()
    const variables = login ? [login.token, ...login.inputs.map(({ variable }) => variable)] : []
    expect(variables.filter((variable) => !isLoginVariable(variable))).toEqual([])
    for (const variable of variables) expect(login?.script.join('\n')).toContain(`$${variable}`.slice(1))
  })
})

describe.each(commands)('the template of %s', (command, file) => {
  // Source: docs.gitlab.com, "spec:inputs".
  test('says of its inputs what GitLab understands', () => {
    for (const [name, input] of Object.entries(specOf(file))) {
      const { type = 'string', default: standing, options, regex, description } = input
      const problems: string[] = []
      if (!/^[a-z][a-z0-9-]*$/.test(name)) problems.push('name')
      if (!description.endsWith('.') || /\n/.test(description)) problems.push('description')
      for (const key of Object.keys(input))
        if (!['type', 'default', 'options', 'regex', 'description'].includes(key)) problems.push(key)
      const actual = Array.isArray(standing) ? 'array' : typeof standing
      if (standing !== undefined && actual !== type) problems.push('type of the default')
      if (options && standing !== undefined && !options.includes(standing as string)) problems.push('options')
      if (regex !== undefined && type !== 'string') problems.push('regex on a type that has none')
      // Before 18.1 GitLab let an empty text match nothing.
      const fits =
        standing === undefined || (standing !== '' && new RegExp(regex ?? '').test(String(standing)))
      if (regex !== undefined && !fits) problems.push('regex')
      // RE2 knows no look-around and no references.
      if (regex !== undefined && /\(\?[=!<]|\\[1-9]/.test(regex)) problems.push('RE2')
      // A text without a pattern or a list could hold a line break.
      if (type === 'string' && regex === undefined && options === undefined) problems.push('anything goes')
      expect([name, problems]).toEqual([name, []])
    }
  })

  test('has an input for each option that the command heeds, save secrets, and none for other forges', () => {
    const rows = Object.entries(catalogue.table).filter(([, row]) => heeds(command as Command, row))
    const expected = rows
      .filter(
        ([name, row]) =>
          row.kind !== 'secret' && !['driver', 'registration', 'runner-group', 'user'].includes(name),
      )
      .map(([name]) => name)
    const variables = Object.entries(interpolate(file, {}))[0]![1].variables
    const passed = Object.keys(variables).filter((name) => name.startsWith('CML_RUNNER_INPUT_'))
    expect(
      passed.map((name) => name.slice('CML_RUNNER_INPUT_'.length).toLowerCase().replaceAll('_', '-')),
    ).toEqual(expected)
    expect(Object.keys(specOf(file))).toEqual(expect.arrayContaining(expected))
  })

  test.each(commands)(
    '%s takes no launch without a cloud, and no job’s own machine for a runner',
    (_, file) => {
      const { regex, default: standing } = specOf(file).cloud!
      const takes = (text: string): boolean => new RegExp(regex!).test(text)
      // Only what launches, or looks for machines, cannot do without.
      const none = file === 'rerun' ? ['-', '-'] : [undefined]
      expect([standing, ...['', ' ', '-', 'none', `${clouds[0].name},none`, '$CLOUD'].filter(takes)]).toEqual(
        none,
      )
      expect(clouds.every(({ name }) => takes(name))).toBe(true)
    },
  )

  test('uses each input once, and none in a line of shell', () => {
    const used = [...bodyOf(file).matchAll(block)].map(([, name]) => name)
    expect(used.toSorted()).toEqual(Object.keys(specOf(file)).toSorted())
    const { script, after_script: after = [] } = Object.values(parse(bodyOf(file)) as Record<string, Job>)[0]!
    for (const line of [...script, ...after]) expect(line).not.toContain('$[[')
    expect(bodyOf(file).replace(block, '')).not.toContain('[[')
  })

  test('names no variable that the program does not know', () => {
    const known = new Set<string>(Object.values(componentVariables))
    const named = new Set(bodyOf(file).match(/\bCML_RUNNER_\w+/g))
    const strange = [...named].filter(
      (name) => !known.has(name) && !isLoginVariable(name) && optionOfInput(name) === undefined,
    )
    expect(strange).toEqual([])
    for (const name of named) {
      const option = optionOfInput(name)
      if (option !== undefined) expect(catalogue.table).toHaveProperty([option])
    }
  })

  // gitlab-runner docs, "Set script and after script timeouts": beyond the job's own timeout no after_script begins.
  test('its script ends more than six minutes before the job does', () => {
    const job = Object.values(interpolate(file, {}))[0]!
    const minutes = (text: unknown) => Number(/^(\d+)m$/.exec(String(text))![1])
    expect(minutes(job.timeout) - minutes(job.variables.RUNNER_SCRIPT_TIMEOUT)).toBeGreaterThan(6)
    expect(minutes(job.variables.RUNNER_SCRIPT_TIMEOUT)).toBeGreaterThan(10)
  })

  test('its shell is POSIX, and shows no credential', () => {
    const { script, after_script: after = [] } = Object.values(interpolate(file, {}))[0]!
    for (const lines of [script, after]) {
      const text = lines.join('\n')
      execFileSync('sh', ['-n', '-c', text])
      expect(text).not.toMatch(/TOKEN"?\s*$|set -x|echo/m)
    }
  })

  test('calls the version it is published with', () => {
    expect(specOf(file).cli!.default).toBe(`npx --yes ${packageName}@${version}`)
  })

  test('whatever a pattern lets through arrives as it is, and nothing else changes', () => {
    const spec = specOf(file)
    const untouched = interpolate(file, {})
    const [name, job] = Object.entries(untouched)[0]!
    const texts = Object.entries(spec).filter(
      ([, { regex, type }]) => type === undefined && regex !== undefined,
    )
    const nasty = [
      '"',
      "'",
      '\\',
      '${X}',
      '$(id)',
      '`id`',
      '# no',
      ': ',
      '- x',
      '---',
      '[[',
      '$[[ inputs.cli ]]',
      '&a',
      '*a',
      '!!x',
      '|',
      '>',
      '%',
      '@',
      ' ',
      '\t',
      '\n',
      '\r',
      '\u0085',
      '\u2028',
      '{',
      '}',
      'é',
      '\u0000',
    ]
    const text = fc
      .array(fc.oneof(fc.constantFrom(...nasty), fc.string({ maxLength: 4 })), { maxLength: 6 })
      .map((parts) => parts.join(''))
    let seen = 0
    fc.assert(
      fc.property(fc.constantFrom(...texts), text, ([input, { regex }], value) => {
        // A value of nothing but blanks is none.
        if (!new RegExp(regex!).test(value) || value.trim() === '') return
        seen++
        const given = interpolate(file, { [input]: value })
        const [givenName, givenJob] = Object.entries(given)[0]!
        expect(Object.keys(given)).toHaveLength(1)
        const differing = Object.keys(job).filter(
          (key) => JSON.stringify(job[key]) !== JSON.stringify(givenJob[key]),
        )
        expect(Object.keys(givenJob)).toEqual(Object.keys(job))
        expect(givenJob.script).toEqual(job.script)
        if (input === 'job-name') expect(givenName).toBe(value)
        else expect(givenName).toBe(name)
        const found = differing.includes('variables')
          ? Object.entries(givenJob.variables).filter(([variable, is]) => is !== job.variables[variable])
          : differing.map((key) => [
              key,
              key === 'id_tokens' ? audienceIn(givenJob[key], job[key]) : givenJob[key],
            ])
        if (input !== 'job-name' && value !== spec[input]!.default)
          expect(found).toEqual([[expect.any(String), value]])
      }),
      { numRuns: draws(1000) },
    )
    expect(seen).toBeGreaterThan(draws(1000) / 10)
  })

  test('patterns keep out what would begin a new line', () => {
    for (const { regex } of Object.values(specOf(file))) {
      if (regex === undefined) continue
      for (const sign of ['\n', '\r', '\u0085', '\u2028', '\u2029', '\u0000', '\t'])
        for (const value of [`a${sign}b: c`, `${sign}b`, `a${sign}`])
          expect(new RegExp(regex).test(value)).toBe(false)
    }
  })
})

interface Include {
  readonly component: string
  readonly inputs?: Record<string, unknown>
}

/** Pipelines in the documentation, whole or in part, that include the component. */
const pipelines = [
  'README.md',
  'docs/gitlab.md',
  'gitlab-component/README.md',
  'gitlab-component/examples/train.yml',
].flatMap((page) => {
  const blocks = page.endsWith('.md')
    ? [...read(page).matchAll(/^```ya?ml\n([^]*?)^```$/gm)].map(([, text]) => text!)
    : [read(page)]
  return blocks.flatMap((text, index) => {
    const value = parse(text) as { include?: readonly Include[] } | undefined
    const includes = Array.isArray(value?.include) ? (value.include as readonly Include[]) : []
    return includes.length > 0 ? [{ where: `${page}, example ${index + 1}`, includes }] : []
  })
})

function problemsOf({ component, inputs = {} }: Include): readonly string[] {
  const [, file = '', tag = ''] = /^\$CI_SERVER_FQDN\/org\/cml-runner\/(\w+)@(.+)$/.exec(component) ?? []
  if (!Object.values(templates).includes(file)) return [`there is no component ${component}`]
  const spec = specOf(file)
  const missing = Object.keys(spec).filter((name) => spec[name]!.default === undefined && !(name in inputs))
  return [
    ...(tag === version ? [] : [`${tag} is not ${version}`]),
    ...missing.map((name) => `${name} is missing`),
    ...Object.entries(inputs).flatMap(([name, value]) => {
      const input = spec[name]
      if (!input) return [`there is no input ${name}`]
      const type = Array.isArray(value) ? 'array' : typeof value
      if (type !== (input.type ?? 'string')) return [`${name} is no ${input.type ?? 'string'}`]
      const fits =
        (input.options?.includes(value as string) ?? true) &&
        new RegExp(input.regex ?? '').test(String(value))
      return fits ? [] : [`${name}: ${String(value)}`]
    }),
  ]
}

describe('examples in the documentation', () => {
  test('there are some', () => expect(pipelines.length).toBeGreaterThan(4))

  test.each(pipelines)(
    '$where gives the component inputs that exist and fit, at this version',
    ({ includes }) => {
      expect(includes.flatMap(problemsOf)).toEqual([])
    },
  )
})

describe('the template of launch', () => {
  const spec = specOf('runner')

  test.each([
    [
      'idle-timeout',
      ['-', '300', '10m', '1.5h', '1h 30m', 'never', '-1', '$TIMEOUT', '${TIMEOUT}'],
      ['ten', '10m; id', '$(id)'],
    ],
    [
      'cli',
      ['npx --yes @mirror/cml-runner@1.2.3', 'node /opt/cml-runner/dist/cli.js', 'cml-runner'],
      ['a;b', 'a && b', '$(id)', 'a  b', '*', '"a"', 'a|b', '$X', 'a>b'],
    ],
    ['image', ['node:24', '$CI_REGISTRY/a/b@sha256:00', 'localhost:5000/node'], ['a" \nb', "'", '-x']],
    ['stage', ['.pre', 'deploy', 'my stage'], ['"x', 'a#b']],
    ['cloud-hdd-size', ['-', '35', '100GB', '-1', '$SIZE'], ['1e3', '35; id', '']],
    ['cloud-spot-price', ['-', '-1', '0.25'], ['0,25', 'cheap']],
    ['script-timeout', ['20m', '1h30m', '3600s'], ['20 m', '1h 30m', '20', 'm']],
    ['timeout', ['30m', '1h 30m', '3600'], ['-1', '"']],
  ])('%s takes %j and not %j', (name, good, bad) => {
    const regex = new RegExp(spec[name]!.regex!)
    expect(good.filter((value) => !regex.test(value))).toEqual([])
    expect(bad.filter((value) => regex.test(value))).toEqual([])
  })

  test('asks for a cloud, leaves everything else open', () => {
    expect(Object.keys(spec).filter((name) => spec[name]!.default === undefined)).toEqual(['cloud'])
  })

  test('takes nothing from the defaults of other people’s pipelines, and ends what it began', () => {
    const [job] = Object.values(interpolate('runner', { cloud: clouds[0].name }))
    expect(job).toMatchObject({
      inherit: { default: false },
      interruptible: false,
      artifacts: {
        reports: {
          dotenv: job!.variables.CML_RUNNER_DOTENV,
          annotations: job!.variables.CML_RUNNER_ANNOTATIONS,
        },
      },
    })
    expect(job!.script.at(-1)).toBe('$CML_RUNNER_CLI launch')
    expect(job!.after_script).toContain('$CML_RUNNER_CLI post launch')
    expect(job!.variables.CML_RUNNER_POST).toBe('true')
  })

  test('an input that says what is so anyway is still one that was given', () => {
    for (const [name, { type, default: standing, options }] of Object.entries(spec)) {
      if (catalogue.table[name] === undefined || name === 'cloud') continue
      expect([name, type, standing]).toEqual([name, undefined, '-'])
      if (catalogue.table[name].kind === 'flag') expect(options).toEqual(['-', 'true', 'false'])
    }
  })
})
