// Compute Engine's client for the bundle. As installed it is 110 MB, of which a launch needs the methods it calls, over plain HTTP: their part of the
// API's description stands in the place of the whole, and of the library below the half that speaks gRPC stays away.
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { computeProtos } from './compute-protos.ts'
import { usedFiles } from './used-names.ts'

const compute = '@google-cloud/compute'
const clients = `${compute}/build/src/v1/`

/** Lays the light copy into `<stage>/node_modules`. Returns the files that it was made from, relative to `root`. */
export async function layLightCompute(root: string, stage: string): Promise<readonly string[]> {
  const folder = join(stage, 'node_modules', compute)
  mkdirSync(join(folder, 'build/src/v1'), { recursive: true })
  const files = usedFiles(join(root, 'src/clouds/gcp/client.ts'), clients)
  const { metafile } = await build({
    stdin: {
      contents: files.map((file) => `export * from '${clients}${file}'`).join('\n'),
      resolveDir: root,
      sourcefile: 'index.js',
    },
    absWorkingDir: root,
    outfile: join(folder, 'index.js'),
    plugins: [trimmed(root), plainHttp(root)],
    // Asked for credentials besides: one copy is enough.
    external: ['google-auth-library'],
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    metafile: true,
    logLevel: 'error',
  })
  for (const file of files)
    writeFileSync(join(folder, 'build/src/v1', file), "module.exports = require('../../../index.js')\n")
  const installed = join(root, 'node_modules', compute)
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: compute, license: 'Apache-2.0', main: 'index.js' }),
  )
  for (const file of readdirSync(installed))
    if (/^licen[cs]e/i.test(file)) cpSync(join(installed, file), join(folder, file))
  return Object.keys(metafile.inputs).filter((input) => input.startsWith('node_modules/'))
}

function trimmed(root: string): Plugin {
  return {
    name: 'trimmed-protos',
    setup({ onLoad }) {
      onLoad({ filter: /compute\/build\/protos\/protos\.json$/ }, () => ({
        contents: computeProtos(root),
        loader: 'json',
      }))
    },
  }
}

/** What the clients take of google-gax when they speak HTTP. */
function plainHttp(root: string): Plugin {
  const shim = `
    exports.fallback = require('google-gax/fallback')
    exports.loggingUtils = require('google-logging-utils')`
  return {
    name: 'plain-http',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^google-gax$/ }, ({ path }) => ({ path, namespace: 'plain-http' }))
      // Two megabytes of code for services that are exported and never asked.
      onLoad({ filter: /google-gax\/build\/protos\/(iam_service|operations|locations)\.js$/ }, () => ({
        contents: 'module.exports = {}',
      }))
      onLoad({ filter: /./, namespace: 'plain-http' }, () => ({
        contents: shim,
        resolveDir: root,
        loader: 'js',
      }))
    },
  }
}
