// The client of clusters, of which only the reading of configurations and the ways to log in are used: requests go over the launcher's own HTTP. What
// speaks HTTP, WebSockets and SOCKS in it, and the generated half for every resource there is, stay away.
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'

const name = '@kubernetes/client-node'

/** Where the launcher never comes, since it takes a proxy out of the configuration itself. */
const stand = `
  const never = (what) => class { constructor() { throw new Error(what + ' is not part of this program') } }
  export const Agent = never('undici'), ProxyAgent = Agent, fetch = Agent
  export const SocksProxyAgent = never('socks'), SocksClient = SocksProxyAgent
  export class HttpProxyAgent {}
  export class HttpsProxyAgent {}
  export const createConfiguration = never('the generated client'), ServerConfiguration = createConfiguration
  export const setHeaderMiddleware = createConfiguration`

const trimmed: Plugin = {
  name: 'configuration-alone',
  setup({ onResolve, onLoad }) {
    onResolve(
      { filter: /^(undici|socks|socks-proxy-agent|hpagent)$|^\.\/(gen\/index|middleware)\.js$/ },
      () => ({
        path: 'stand',
        namespace: 'stand',
      }),
    )
    onLoad({ filter: /./, namespace: 'stand' }, () => ({ contents: stand }))
  },
}

/** As CommonJS, in one file. Returns what it was made from, relative to `root`. */
async function bundleTo(root: string, outfile: string): Promise<readonly string[]> {
  const { metafile } = await build({
    stdin: {
      contents: `export { KubeConfig } from '${name}/dist/config.js'`,
      resolveDir: root,
      sourcefile: 'i.js',
    },
    absWorkingDir: root,
    outfile,
    plugins: [trimmed],
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    mainFields: ['module', 'main'],
    metafile: true,
    logLevel: 'error',
  })
  return Object.keys(metafile.inputs).filter((input) => input.startsWith('node_modules/'))
}

/** Lays the light copy into `<stage>/node_modules`. Returns the files that it was made from. */
export async function layLightClusterClient(root: string, stage: string): Promise<readonly string[]> {
  const folder = join(stage, 'node_modules', name)
  mkdirSync(folder, { recursive: true })
  const inputs = await bundleTo(root, join(folder, 'index.js'))
  const installed = join(root, 'node_modules', name)
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name, license: 'Apache-2.0', main: 'index.js' }),
  )
  for (const file of readdirSync(installed))
    if (/^licen[cs]e/i.test(file)) cpSync(join(installed, file), join(folder, file))
  return inputs
}

/** The same as a file that tests map the package to; made once for each version. */
export async function clusterClientFile(root: string): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as {
    readonly version: string
  }
  const key = createHash('sha256').update(stand).digest('hex').slice(0, 12)
  const file = join(root, `node_modules/.cache/cluster-client/${version}-${key}.cjs`)
  if (!existsSync(file)) {
    mkdirSync(join(file, '..'), { recursive: true })
    const part = `${file}.${process.pid}`
    await bundleTo(root, part)
    renameSync(part, file)
  }
  return file
}
