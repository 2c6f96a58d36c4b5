// Some packages are far larger than what is used of them, in ways a bundler cannot shake off. For these the build lays lighter copies
// into the stage's node_modules, made from the very same sources; everything else is taken as installed.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build, type BuildResult, type Plugin } from 'esbuild'
import { layLightClusterClient } from './light-cluster-client.ts'
import { layLightAzure } from './light-azure.ts'
import { layLightCompute } from './light-compute.ts'
import { pruneSchemas } from './prune-schemas.ts'
import { straightImports } from './straight-imports.ts'
import { usedNames } from './used-names.ts'

const ec2 = '@aws-sdk/client-ec2'
const core = '@actions/core'
const github = '@actions/github'

/** What is exported of a package, and how its bundle is made lighter than the package. */
export interface Recipe {
  readonly names: readonly string[]
  readonly plugins: readonly Plugin[]
  readonly external?: readonly string[]
}

/** Lays light copies of packages into `<stage>/node_modules`. Returns the folders of the installed packages whose code they hold. */
export async function layLightPackages(root: string, stage: string): Promise<ReadonlySet<string>> {
  const inputs = [
    await layCopy(root, stage, ec2, lightEc2(root)),
    await layCopy(root, stage, core, lightCore(root)),
    await layCopy(root, stage, github, lightGithub()),
    await layLightCompute(root, stage),
    await layLightClusterClient(root, stage),
    await layLightAzure(root, stage),
  ]
  return new Set(inputs.flat().map((input) => packageFolder(join(root, input))))
}

/**
 * The ES build of the SDK, with the descriptions of the operations that are used and no others. What only other protocols need, as logins do,
 * is loaded with them.
 */
export function lightEc2(root: string): Recipe {
  const names = usedNames(join(root, 'src/clouds/aws/client.ts'), ec2)
  const operations = names
    .filter((name) => name.endsWith('Command'))
    .map((name) => name.replace(/Command$/, '$'))
  const prune: Plugin = {
    name: 'prune-schemas',
    setup({ onLoad }) {
      // The index would ask for every operation, also for those whose description is gone.
      onLoad({ filter: /client-ec2\/dist-es\/index\.js$/ }, () => ({
        contents: names.map(exportOf).join('\n'),
      }))
      onLoad({ filter: /client-ec2\/dist-es\/schemas\/schemas_0\.js$/ }, ({ path }) => ({
        contents: pruneSchemas(readFileSync(path, 'utf8'), [...operations, 'errorTypeRegistries']),
      }))
    },
  }
  return { names, plugins: [prune, straightImports(/\/dist-es\/.*\.js$/)] }
}

/** Where the ES build keeps what its index exports. */
function exportOf(name: string): string {
  return `export { ${name} } from './${name.endsWith('Command') ? 'commands/' : ''}${name}'`
}

/** Without the OIDC client, which brings a second HTTP stack along. */
function lightCore(root: string): Recipe {
  const asked = Symbol('resolved by esbuild itself')
  const pure: Plugin = {
    name: 'no-side-effects',
    setup({ onResolve, resolve }) {
      onResolve(
        { filter: /^@actions\/|^\.\.?\// },
        async ({ path, pluginData, importer, namespace, resolveDir, kind }) => {
          if (pluginData === asked || !(path === core || importer.includes('/@actions/'))) return undefined
          const found = await resolve(path, {
            importer,
            namespace,
            resolveDir,
            kind,
            pluginData: asked,
          })
          return found.errors.length > 0
            ? found
            : { path: found.path, external: found.external, sideEffects: false }
        },
      )
    },
  }
  const names = usedNamespace(join(root, 'src/hosts/github-actions.ts'), 'core')
  return { names, plugins: [pure], external: ['@actions/http-client'] }
}

/**
 * Without its own transport (half a megabyte): the launcher always gives Octokit another one. What stands in its place does nothing when it
 * is set up and says so when it is used. And without the plug-ins, a method for each request that GitHub knows: the launcher says the routes of
 * its few requests itself.
 */
function lightGithub(): Recipe {
  const transport = `
    export class HttpClient { getAgent() {} getAgentDispatcher() {} }
    export const fetch = () => { throw new Error('The launcher gives its own transport to Octokit') }`
  const plugIns = 'export const [restEndpointMethods, paginateRest] = [() => ({}), () => ({})]'
  const plugins = [
    standIn('transport', /^(undici|@actions\/http-client)$/, transport),
    standIn('plug-ins', /^@octokit\/plugin-/, plugIns),
  ]
  return { names: ['getOctokit'], plugins }
}

/** Gives a text for packages of these names. */
function standIn(namespace: string, filter: RegExp, contents: string): Plugin {
  return {
    name: `no-${namespace}`,
    setup({ onResolve, onLoad }) {
      onResolve({ filter }, ({ path }) => ({ path, namespace }))
      onLoad({ filter: /./, namespace }, () => ({ contents }))
    },
  }
}

/** Members of a namespace import that a file uses: `core.setOutput(…)` → `setOutput`. */
function usedNamespace(path: string, namespace: string): readonly string[] {
  const text = readFileSync(path, 'utf8')
  return [
    ...new Set([...text.matchAll(new RegExp(`\\b${namespace}\\.(\\w+)`, 'g'))].map(([, name = '']) => name)),
  ].sort()
}

/** One package as ES modules with the given exports. Returns the files it was made from, relative to `root`. */
async function layCopy(
  root: string,
  stage: string,
  name: string,
  recipe: Recipe,
): Promise<readonly string[]> {
  const folder = join(stage, 'node_modules', name)
  const { metafile } = await bundlePackage(root, name, recipe, folder)
  const installed = join(root, 'node_modules', name)
  const facts = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<string, unknown>
  const { version, license } = facts
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name, version, license, main: 'index.js', sideEffects: false }),
  )
  for (const file of readdirSync(installed))
    if (/^licen[cs]e/i.test(file)) cpSync(join(installed, file), join(folder, file))
  return Object.keys(metafile.inputs).filter((input) => input.startsWith('node_modules/'))
}

/** One package as ES modules, with what it imports at run time as chunks of their own. */
export function bundlePackage(
  root: string,
  name: string,
  { names, plugins, external = [] }: Recipe,
  outdir: string,
): Promise<BuildResult<{ metafile: true }>> {
  mkdirSync(outdir, { recursive: true })
  return build({
    stdin: {
      contents: `export { ${names.join(', ')} } from '${name}'`,
      resolveDir: root,
      sourcefile: 'index.js',
    },
    absWorkingDir: root,
    entryNames: 'index',
    outdir,
    plugins: [...plugins],
    external: [...external],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    metafile: true,
    logLevel: 'error',
  })
}

function packageFolder(file: string): string {
  let folder = dirname(file)
  // A folder with a package.json without a name only marks the module format of a part.
  while (!named(folder)) folder = dirname(folder)
  return folder
}

function named(folder: string): boolean {
  const file = join(folder, 'package.json')
  return existsSync(file) && 'name' in (JSON.parse(readFileSync(file, 'utf8')) as object)
}
