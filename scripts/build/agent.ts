import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'

import { buildSync, transformSync } from 'esbuild'

import { clouds, type CloudLine } from '../../src/clouds/registry.ts'
import { forges } from '../../src/forges/registry.ts'
import type { Ability } from '../../src/machine/runner-program.ts'

/** What a machine is: the names of its forge and its cloud. */
export interface Pair {
  readonly forge: string
  readonly cloud: string
}

/** Every machine there can be. */
export const pairs: readonly Pair[] = forges.flatMap((forge) =>
  clouds.map((cloud) => ({ forge: forge.name, cloud: cloud.name })),
)

const entries = join(import.meta.dirname, '../../src/entry')

/** Where the agent has what only some programs need. */
const abilities: Readonly<Record<Ability, string>> = {
  request: '../agent/request.ts',
  lookForDocker: '../agent/docker.ts',
}

/** The first file of a machine's program, as if it lay in src/entry: user data has room for the halves of one forge and one cloud only. */
export function agentEntry({ forge, cloud }: Pair): string {
  const lines: readonly CloudLine[] = clouds
  const { footing, holds } = lines.find(({ name }) => name === cloud) ?? {}
  if (footing === 'pod') return podEntry({ forge, cloud })
  const needs: readonly Ability[] = forges.find(({ name }) => name === forge)?.abilities ?? []
  const given = `{ ${needs.join(', ')} }`
  return [
    `import { ${forge}Program } from '../forges/${forge}/runner-program.ts'`,
    `import { ${cloud}Half } from '../clouds/${cloud}/machine-half.ts'`,
    ...needs.map((need) => `import { ${need} } from '${abilities[need]}'`),
    ...(holds ? [`import { holding } from './agent-holding.ts'`] : []),
    `import { runAgent } from './agent-main.ts'`,
    `void runAgent(${forge}Program, ${cloud}Half, ${holds ? `holding(${cloud}Half, ${given})` : given})`,
  ].join('\n')
}

/** The same where the agent stands in a pod. */
function podEntry({ forge, cloud }: Pair): string {
  return [
    `import { ${forge}InPod } from '../forges/${forge}/runner-in-pod.ts'`,
    `import { ${cloud}Half } from '../clouds/${cloud}/machine-half.ts'`,
    `import { runInPod } from './agent-in-pod.ts'`,
    `void runInPod(${forge}InPod, ${cloud}Half)`,
  ].join('\n')
}

const common = { platform: 'node', target: 'node20', legalComments: 'none', logLevel: 'error' } as const

/** The program on such a machine in one file: the machine has no packages. */
export function bundleAgent(pair: Pair): string {
  const { outputFiles } = buildSync({
    ...common,
    stdin: { contents: agentEntry(pair), resolveDir: entries, loader: 'ts' },
    bundle: true,
    format: 'esm',
    minifySyntax: true,
    write: false,
  })
  const [file] = outputFiles
  if (!file) throw new Error(`no agent for ${pair.forge} on ${pair.cloud}`)
  return transformSync(importOnce(file.text), { ...common, format: 'cjs', minify: true }).code
}

const imports = /^import \{([^}]*)\} from "(.*)";\n/gm

/** Each of Node's modules by one statement: a bundle has one for each of our files, and every call would name its own. */
function importOnce(module: string): string {
  const wanted = new Map<string, string[]>()
  const rest = module.replace(imports, (_, names: string, from: string) => {
    wanted.set(from, [...(wanted.get(from) ?? []), names])
    return ''
  })
  const statements = [...wanted].map(([from, names]) => `import {${names.join(',')}} from "${from}";\n`)
  return statements.join('') + rest
}

/**
 * The same as a program that unpacks itself. User data has little room and travels as gzip; Brotli takes a tenth less, and Base64
 * costs nothing there, since gzip gives each of its 64 letters six bits (the carrier of cloud-init keeps them apart from other text).
 */
export function packAgent(program: string): string {
  const params = {
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_SIZE_HINT]: program.length,
  }
  const packed = brotliCompressSync(program, { params }).toString('base64')
  return `eval(require('zlib').brotliDecompressSync(Buffer.from('${packed}','base64'))+'')\n`
}
