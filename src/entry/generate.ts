import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CloudPromises } from '../clouds/promises.ts'
import { clouds, type CloudLine } from '../clouds/registry.ts'
import { forges } from '../forges/registry.ts'
import { renderClouds } from '../generate/clouds-page.ts'
import { renderAction, type ExtraInput } from '../generate/action.ts'
import { renderActionTypes } from '../generate/action-types.ts'
import { renderTemplate, templates } from '../generate/component.ts'
import { renderComponentPage } from '../generate/component-page.ts'
import type { ComponentFacts, GitlabLogin, TemplateCommand } from '../generate/component-inputs.ts'
import { toldApart } from '../generate/meanings.ts'
import { fillNames, publicNamesOf, type PublicNames } from '../generate/names.ts'
import { renderMigration, renderMigrationVariables } from '../generate/migration.ts'
import { fillRegions, renderApart, renderInputs, renderOutputs } from '../generate/readme.ts'
import { outputVariable, standardPrefix } from '../hosts/dotenv.ts'
import { commandInput, jobInstanceInput } from '../hosts/github-actions.ts'
import { catalogueOf } from '../options/catalogue.ts'
import { available } from '../options/command.ts'
import { outputs, results } from '../options/outputs.ts'
import { catalogue } from './catalogue.ts'

/** What a person types when a generated file is not what the catalogue makes. */
export const generateCommand = 'npm run generate'

const extraInputs: Readonly<Record<string, ExtraInput>> = {
  [commandInput]: {
    description: `What to do; \`launch\` when absent. ${Object.entries(available)
      .map(([name, { does }]) => `\`${name}\` ${does}.`)
      .join(' ')}`,
  },
  [jobInstanceInput]: {
    description: 'Internal: tells the jobs of a matrix apart where the runner does not. Leave it alone.',
    default: '${{ job.check_run_id }}/${{ strategy.job-index }}',
  },
}

/** Generated files by name, as they should be; pages keep what stands around their regions and names. */
export async function generatedFiles(root: string): Promise<Readonly<Record<string, string>>> {
  const names = publicNamesOf(
    JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { name: string; version: string },
  )
  const { clouds: inRows, apart } = toldApart(clouds)
  const action = { catalogue, outputs: { ...outputs, ...results }, extraInputs }
  const files = {
    ...(await pagesOf(root)),
    'action.yml': renderAction(action),
    'action-types.yml': renderActionTypes(action, { [commandInput]: Object.keys(available) }),
    [inputsPage]: fillRegions(await readFile(join(root, inputsPage), 'utf8'), {
      inputs: renderInputs(catalogueOf(inRows, forges), apart),
      meanings: renderApart(apart),
      outputs: renderOutputs({ ...outputs, ...results }),
    }),
    [migrationPage]: await migration(root),
    ...(await cloudPages(root)),
    [comparisonPage]: await comparison(root),
    ...(await componentFiles(root, names)),
  }
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, fillNames(text, names)]))
}

const inputsPage = 'docs/inputs.md'
const comparisonPage = 'docs/clouds.md'
const migrationPage = 'docs/migrating-from-cml.md'

/** Pages of clouds that tell by tables what their code does. */
async function cloudPages(root: string): Promise<Readonly<Record<string, string>>> {
  const told = clouds
    .map(({ name }) => ({ page: `docs/${name}.md`, tables: `src/clouds/${name}/page-tables.ts` }))
    .filter(({ tables }) => existsSync(join(root, tables)))
  const pages = told.map(async ({ page, tables }) => {
    const { pageTables } = (await import(pathToFileURL(join(root, tables)).href)) as {
      readonly pageTables: Readonly<Record<string, string>>
    }
    return [page, fillRegions(await readFile(join(root, page), 'utf8'), pageTables)] as const
  })
  return Object.fromEntries(await Promise.all(pages))
}

/** What each cloud promises, beside the others. */
async function comparison(root: string): Promise<string> {
  const columns = (clouds as readonly CloudLine[]).map(async ({ name, title, footing }) => {
    const path = join(root, `src/clouds/${name}/promises.ts`)
    const { promises } = (await import(pathToFileURL(path).href)) as { readonly promises: CloudPromises }
    return { title, promises, ...(footing ? { footing } : {}) }
  })
  const page = await readFile(join(root, comparisonPage), 'utf8')
  return fillRegions(page, { clouds: renderClouds(await Promise.all(columns)) })
}

/** What CML's users need to know of each option and variable. */
async function migration(root: string): Promise<string> {
  return fillRegions(await readFile(join(root, migrationPage), 'utf8'), {
    options: renderMigration(catalogue),
    variables: renderMigrationVariables(catalogue),
  })
}

/** Everything that names action, component or package to people, as it stands: what is read, and what is copied. */
async function pagesOf(root: string): Promise<Readonly<Record<string, string>>> {
  const folders = [
    '.',
    'docs',
    'docs/examples',
    'gitlab-component',
    'gitlab-component/examples',
    '__tests__/demo',
    '.github/ISSUE_TEMPLATE',
  ]
  const found = await Promise.all(
    folders.map(async (folder) => (await readdir(join(root, folder))).map((name) => join(folder, name))),
  )
  const pages = [
    ...found.flat().filter((path) => /\.(?:md|yml)$/.test(path) && path !== 'CHANGELOG.md'),
    'package.json',
    '.github/CODEOWNERS',
    'src/model/pages.ts',
    'src/forges/github/run-advice.ts',
  ]
  return Object.fromEntries(
    await Promise.all(pages.map(async (path) => [path, await readFile(join(root, path), 'utf8')] as const)),
  )
}

/** Outputs that the table words for GitHub. */
const gitlabMeanings: Readonly<Record<string, string>> = {
  runsOn:
    'JSON list of the tags that lead to this very machine: that one; of a runner that was there, the tags that were asked for.',
}

const loginsOf = (lines: readonly CloudLine[]): Promise<readonly GitlabLogin[]> =>
  Promise.all(lines.flatMap(({ gitlabLogin }) => gitlabLogin?.() ?? []))

/** The component is a project of its own once it is published: it brings along everything it needs. */
async function componentFiles(root: string, names: PublicNames): Promise<Readonly<Record<string, string>>> {
  const read = (name: string): Promise<string> => readFile(join(root, name), 'utf8')
  const others = forges.filter(({ name }) => name !== 'gitlab')
  const foreign = new Set(others.flatMap(({ options }) => Object.keys(options)))
  const facts: ComponentFacts = { catalogue, names, foreign, logins: await loginsOf(clouds) }
  const commands = Object.entries(templates) as [TemplateCommand, string][]
  const variables = Object.entries(outputs).map(
    ([name, meaning]) => [standardPrefix + outputVariable(name), gitlabMeanings[name] ?? meaning] as const,
  )
  const readme = fillRegions(await read('gitlab-component/README.md'), {
    ...renderComponentPage(facts),
    outputs: renderOutputs(Object.fromEntries(variables)),
  })
  return {
    'gitlab-component/LICENSE': await read('LICENSE'),
    'gitlab-component/README.md': readme,
    ...Object.fromEntries(
      commands.map(([command, file]) => [
        `gitlab-component/templates/${file}.yml`,
        renderTemplate(command, facts),
      ]),
    ),
  }
}

/** Writes the files, or with `--check` tells those that differ. Returns the exit code. */
export async function generate(root: string, argv: readonly string[]): Promise<0 | 1> {
  const stale: string[] = []
  for (const [name, text] of Object.entries(await generatedFiles(root))) {
    const path = join(root, name)
    const same = (await readFile(path, 'utf8').catch(() => undefined)) === text
    if (same) continue
    stale.push(name)
    if (!argv.includes('--check')) await writeFile(path, text)
  }
  if (!argv.includes('--check')) return 0
  if (stale.length > 0)
    console.error(`${stale.join(' and ')} differ from the options. Run \`${generateCommand}\` and commit.`)
  return stale.length > 0 ? 1 : 0
}

const [, script = '', ...argv] = process.argv
if (import.meta.url === pathToFileURL(script).href) {
  void generate(join(dirname(script), '../..'), argv).then((code) => (process.exitCode = code))
}
