import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import { bundleAgent, packAgent } from '../../../scripts/build/agent.ts'
import { clouds } from '../../../src/clouds/registry.ts'
import type { Assets } from '../../../src/machine/payload.ts'

const source = join(import.meta.dirname, '../../../src')
const made = new Map<string, Assets>()

/** The machine's files from the source, as the build would put them into dist: for tests that do without a build. */
export function assetsFromSource(forge = 'github', cloud: string = clouds[0].name): Assets {
  const script = (name: string) => readFileSync(join(source, 'machine', name), 'utf8')
  const pair = `${forge}-${cloud}`
  const assets = made.get(pair) ?? {
    agent: packAgent(bundleAgent({ forge, cloud })),
    fuses: script('fuses.sh'),
    bootstrap: script('bootstrap.sh'),
    packages: script('packages.sh'),
  }
  made.set(pair, assets)
  return assets
}

/** The MIME text of a payload. */
export function textOf(payload: Buffer): string {
  return gunzipSync(payload).toString('latin1')
}
