import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { type File, pack } from './tar.ts'

export interface Archive {
  readonly filename: string
  readonly bytes: Buffer
  /** Lowercase hex. */
  readonly sha256: string
}

export interface ArchiveOptions {
  readonly version: string
  readonly system: 'linux' | 'osx'
  readonly architecture: 'x64' | 'arm64'
  /** Where the emulator listens: what `github.com` stands for inside. */
  readonly endpoint: string
  /** config.sh insists on libicu, as the official one does. */
  readonly needsLibicu: boolean
}

const here = import.meta.dirname
const made = new Map<string, Archive>()

/** The runner package in its official layout. Made once per process and set of options. */
export function archiveFor(options: ArchiveOptions): Archive {
  const key = JSON.stringify(options)
  const known = made.get(key)
  if (known) return known
  const bytes = pack(filesOf(options))
  const archive = {
    filename: `actions-runner-${options.system}-${options.architecture}-${options.version}.tar.gz`,
    bytes,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }
  made.set(key, archive)
  return archive
}

function filesOf({ version, system, architecture, endpoint, needsLibicu }: ArchiveOptions): readonly File[] {
  const layout = (name: string): string => readFileSync(join(here, 'layout', name), 'utf8')
  const about = {
    version,
    system,
    architecture: architecture.toUpperCase(),
    hosts: { 'github.com': endpoint, 'www.github.com': endpoint },
  }
  const node = layout('node.sh').replace('@NODE@', process.execPath)
  const script = (path: string, from = path.split('/').at(-1) ?? path): File => ({
    path,
    content: layout(from),
    executable: true,
  })
  return [
    ...['config.sh', 'env.sh', 'run.sh', 'run-helper.sh.template', 'safe_sleep.sh'].map((name) =>
      script(name),
    ),
    script('run-helper.sh', 'run-helper.sh.template'),
    script('bin/installdependencies.sh'),
    script('bin/Runner.Listener', 'program.sh'),
    script('bin/Runner.Worker', 'program.sh'),
    { path: 'bin/about.json', content: `${JSON.stringify(about)}\n` },
    ...(needsLibicu ? [{ path: 'bin/needs-libicu', content: '' }] : []),
    ...programs(),
    // The order in which the official package came to carry them; both are there until Node 20 is removed.
    ...['node20', 'node24'].map((name) => ({
      path: `externals/${name}/bin/node`,
      content: node,
      executable: true,
    })),
  ]
}

/** The listener and the worker, without their types: what runs them on a machine may be any Node. */
function programs(): readonly File[] {
  return readdirSync(join(here, 'program')).map((name) => {
    const code = stripTypeScriptTypes(readFileSync(join(here, 'program', name), 'utf8'), { mode: 'strip' })
    const module = name.replace(/\.ts$/, '.mjs')
    const official: Readonly<Record<string, string>> = {
      'listener.mjs': 'Runner.Listener.mjs',
      'worker.mjs': 'Runner.Worker.mjs',
    }
    return {
      path: `bin/${official[module] ?? module}`,
      content: code.replace(/(from '\.\/[\w-]+)\.ts'/g, "$1.mjs'"),
    }
  })
}
