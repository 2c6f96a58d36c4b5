// Builds dist/: `npm run build`. With --check it builds beside it and tells the files that differ; with --into <folder> it lays
// <folder>/dist and what stands beside it in the package, for tests that name it in CML_RUNNER_DIST.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transform, type TransformOptions } from 'esbuild'
import { bundleAgent, packAgent, pairs } from './build/agent.ts'
import { markImports, nameChunks } from './build/chunk-names.ts'
import { keepClassNames } from './build/class-names.ts'
import { moveDescriptions } from './build/descriptions.ts'
import { doors } from './build/doors.ts'
import { layLightPackages } from './build/light-packages.ts'
import { licenceTexts } from './build/licenses.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')
/** Of this process alone, so that two builds at once do not meet; its name leaves no trace in the result. */
const stage = join(root, `build/stage-${process.pid}`)
const target = 'node20'

/** Files a machine runs, sent as they are. */
const machineFiles = ['fuses.sh', 'bootstrap.sh', 'packages.sh']

/** ncc emits, which TypeScript's compiler refuses together with `.ts` in imports; the types were checked elsewhere. */
const stageConfig = {
  extends: '../../tsconfig.json',
  // A path that leads to types alone would leave the package out.
  compilerOptions: { rootDir: '.', noEmit: false, allowImportingTsExtensions: false, paths: {} },
  include: ['src'],
}

async function buildInto(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  await bundleLauncher(folder)
  for (const pair of pairs)
    writeFileSync(join(folder, `agent-${pair.forge}-${pair.cloud}.js`), packAgent(bundleAgent(pair)))
  for (const file of machineFiles) cpSync(join(root, 'src/machine', file), join(folder, file))
  for (const [file, text] of Object.entries(doors)) writeFileSync(join(folder, file), text)
  chmodSync(join(folder, 'cli.js'), 0o755)
}

/** main, post and the command line in one bundle: the entry dispatches, and what only some need is a chunk of its own. */
async function bundleLauncher(folder: string): Promise<void> {
  rmSync(stage, { recursive: true, force: true })
  cpSync(join(root, 'src'), join(stage, 'src'), { recursive: true })
  moveDescriptions(stage)
  markImports(stage)
  writeFileSync(join(stage, 'tsconfig.json'), JSON.stringify(stageConfig))
  const light = await layLightPackages(root, stage)
  runNcc(folder)
  nameChunks(folder)
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.js')))
    await minify(join(folder, file))
  const licences = join(folder, 'licenses.txt')
  const listed = readFileSync(licences, 'utf8')
  writeFileSync(licences, `${listed.trimEnd()}\n\n${licenceTexts(light, listed)}`)
}

function runNcc(folder: string): void {
  const cli = join(root, 'node_modules/@vercel/ncc/dist/ncc/cli.js')
  // -C: ncc would leave hundreds of megabytes in a cache of the home folder.
  const options = ['-C', '--transpile-only', '--license', 'licenses.txt', '--quiet']
  const args = [cli, 'build', join(stage, 'src/entry/index.ts'), '-o', folder, ...options]
  const { status } = spawnSync(process.execPath, args, { cwd: stage, stdio: 'inherit' })
  if (status !== 0) throw new Error(`ncc ended with ${status}`)
}

/** Marks of an SDK that compares the names of classes, and of one that may compare those of functions too. */
const compares = { classes: /smithy/i, everything: /toProto3JSON/ } as const

/** ncc's own minifier touches the first file only. Names cost bytes, and are kept where somebody compares them. */
async function minify(file: string): Promise<void> {
  const bundled = readFileSync(file, 'utf8')
  const everything = compares.everything.test(bundled)
  const source = !everything && compares.classes.test(bundled) ? keepClassNames(bundled) : bundled
  const options: TransformOptions = {
    minify: true,
    keepNames: everything,
    target,
    platform: 'node',
    format: 'cjs',
    legalComments: 'none',
  }
  const { code } = await transform(source, options)
  writeFileSync(file, code)
}

/** Files that differ, are missing or are too many, as sentences. */
function differences(fresh: string, committed: string): readonly string[] {
  const names = new Set(
    [fresh, committed].flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : [])),
  )
  return [...names].sort().flatMap((name) => {
    const [ours, theirs] = [join(fresh, name), join(committed, name)]
    if (!existsSync(theirs)) return [`dist/${name} is missing`]
    if (!existsSync(ours)) return [`dist/${name} is not made by the build`]
    const same =
      readFileSync(ours).equals(readFileSync(theirs)) &&
      (statSync(ours).mode & 0o111) === (statSync(theirs).mode & 0o111)
    return same ? [] : [`dist/${name} differs`]
  })
}

/** The folder is there whole or as it was: somebody may be running it. */
async function replaceDist(): Promise<void> {
  const [fresh, old] = [`${stage}-dist`, `${stage}-old`]
  await buildInto(fresh)
  if (existsSync(dist)) renameSync(dist, old)
  renameSync(fresh, dist)
  rmSync(old, { recursive: true, force: true })
  for (const name of readdirSync(dist))
    console.log(`${String(statSync(join(dist, name)).size).padStart(8)} ${name}`)
}

async function checkDist(): Promise<void> {
  const fresh = join(root, 'build/dist')
  await buildInto(fresh)
  const found = differences(fresh, dist)
  if (found.length === 0) return console.log('dist/ is what the sources make.')
  console.error(
    `${found.join('\n')}\ndist/ is not what the sources make. Run \`npm run build\` and commit dist/.`,
  )
  process.exitCode = 1
}

/** A package of its own to try a change with: nobody else's tests see it. */
async function layPackage(folder: string): Promise<void> {
  await buildInto(join(folder, 'dist'))
  for (const file of ['action.yml', 'package.json']) cpSync(join(root, file), join(folder, file))
}

const [, , mode, folder] = process.argv
try {
  if (mode === '--check') await checkDist()
  // A part of it runs in another folder.
  else if (mode === '--into' && folder) await layPackage(resolve(folder))
  else if (mode === undefined) await replaceDist()
  else throw new Error('Give nothing, --check, or --into and a folder.')
} finally {
  rmSync(stage, { recursive: true, force: true })
}
