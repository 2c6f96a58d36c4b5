import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import { buildSync } from 'esbuild'

import type { Assets } from '../../../src/machine/payload.ts'

const source = join(import.meta.dirname, '../../../src')
const made = new Map<string, Assets>()

/** The machine's files from the source, as the build would put them into dist: for tests that do without a build. */
export function assetsFromSource(forge: 'github' | 'gitlab' = 'github'): Assets {
  const script = (name: string) => readFileSync(join(source, 'machine', name), 'utf8')
  const assets = made.get(forge) ?? {
    agent: bundleAgent(forge),
    fuses: script('fuses.sh'),
    bootstrap: script('bootstrap.sh'),
    packages: script('packages.sh'),
  }
  made.set(forge, assets)
  return assets
}

function bundleAgent(forge: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(source, `entry/agent-${forge}.ts`)],
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}

/** The MIME text of a payload. */
export function textOf(payload: Buffer): string {
  return gunzipSync(payload).toString('latin1')
}
