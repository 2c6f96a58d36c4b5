import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'

import { pack } from '../github/tar.ts'
import type { Pace } from './program/single.ts'

export interface Fetched {
  readonly bytes: Buffer
  /** Lowercase hex. */
  readonly sha256: string
}

/** The official program's own pauses would be most of a test's time. */
const quick: Pace = { poll: 150, unhealthy: 300_000, shutdown: 30_000 }

const made = new Map<string, Fetched>()

/** The emulated gitlab-runner as its publisher has it: one file that can be executed, on the Node of this process. */
export function gitlabRunner(pace: Partial<Pace> = {}): Fetched {
  const key = JSON.stringify(pace)
  const known = made.get(key) ?? withDigest(Buffer.from(bundle({ ...quick, ...pace })))
  made.set(key, known)
  return known
}

function bundle(pace: Pace): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(import.meta.dirname, 'program/main.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    define: { PACE: JSON.stringify(pace) },
    banner: { js: `#!${process.execPath}` },
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}

/** Node's archive as nodejs.org lays it out, with a Node that borrows this process's. */
export function nodeArchive(version = '24.11.1', architecture = 'x64'): Fetched {
  const folder = `node-v${version}-linux-${architecture}`
  const node = readFileSync(join(import.meta.dirname, '../github/layout/node.sh'), 'utf8')
  return withDigest(
    pack(
      [
        { path: `${folder}/LICENSE`, content: 'Node.js is licensed for use as follows.\n' },
        { path: `${folder}/bin/node`, content: node.replace('@NODE@', process.execPath), executable: true },
        { path: `${folder}/include/node/node.h`, content: '' },
      ],
      '',
    ),
  )
}

function withDigest(bytes: Buffer): Fetched {
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}
