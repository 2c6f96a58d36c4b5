// Azure's two packages for the bundle: one client without any of its models, and the credentials that are used. Both stand on the same libraries, so they are one file.
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { usedNames } from './used-names.ts'

const compute = '@azure/arm-compute'
const identity = '@azure/identity'

/** Lays the light copies into `<stage>/node_modules`. Returns the files that they were made from, relative to `root`. */
export async function layLightAzure(root: string, stage: string): Promise<readonly string[]> {
  const cloud = join(root, 'src/clouds/azure')
  const exports = [
    { from: `${compute}/api`, names: usedNames(join(cloud, 'client.ts'), `${compute}/api`) },
    { from: identity, names: usedNames(join(cloud, 'login.ts'), identity) },
  ]
  const folder = join(stage, 'node_modules', identity)
  mkdirSync(folder, { recursive: true })
  const { metafile } = await build({
    stdin: {
      contents: exports.map(({ from, names }) => `export { ${names.join(', ')} } from '${from}'`).join('\n'),
      resolveDir: root,
      sourcefile: 'index.js',
    },
    absWorkingDir: root,
    outfile: join(folder, 'index.js'),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    conditions: ['import'],
    metafile: true,
    logLevel: 'error',
  })
  layPackage(root, stage, identity)
  layPackage(root, stage, compute)
  const api = join(stage, 'node_modules', compute, 'api')
  mkdirSync(api, { recursive: true })
  writeFileSync(join(api, 'index.js'), `module.exports = require('${identity}')\n`)
  return Object.keys(metafile.inputs).filter((input) => input.startsWith('node_modules/'))
}

function layPackage(root: string, stage: string, name: string): void {
  const [folder, installed] = [stage, root].map((base) => join(base, 'node_modules', name)) as [
    string,
    string,
  ]
  mkdirSync(folder, { recursive: true })
  const { version, license } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version, license, main: 'index.js' }))
  for (const file of readdirSync(installed))
    if (/^licen[cs]e/i.test(file)) cpSync(join(installed, file), join(folder, file))
}
