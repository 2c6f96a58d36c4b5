import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

import type { AgentConfig } from '../../../src/machine/agent-config.ts'
import { archiveFor } from '../github/archive.ts'
// Not by a late import: Jest refuses those of a test that runs beside others.
import { gitlabRunner } from '../gitlab-runner/package.ts'
import { publishedImage } from '../pod/published.ts'

/** Lays what the image of a forge's runner holds, as its publisher builds it. Throws for an image that nobody publishes. */
export function layImage(image: string, root: string, { registration }: AgentConfig): void {
  const { forge, version } = publishedImage(image) ?? { version: '' }
  if (forge === 'github' && registration.forge === 'github') {
    const endpoint =
      registration.kind === 'token' ? new URL(registration.url).origin : serverOf(registration.config)
    const { bytes } = archiveFor({
      version,
      system: 'linux',
      architecture: 'x64',
      endpoint,
      needsLibicu: false,
    })
    return unpack(bytes, `${root}/home/runner`)
  }
  if (forge === 'gitlab') {
    const program = `${root}/usr/bin/gitlab-runner`
    mkdirSync(dirname(program), { recursive: true })
    writeFileSync(program, gitlabRunner().bytes)
    return chmodSync(program, 0o755)
  }
  throw new Error(`no registry has the image ${image}`)
}

function unpack(bytes: Buffer, folder: string): void {
  mkdirSync(folder, { recursive: true })
  if (!existsSync(`${folder}/config.sh`)) execFileSync('tar', ['-xzf', '-', '-C', folder], { input: bytes })
}

/** A just-in-time configuration is files in Base64, by name. */
function serverOf(config: string): string {
  const files = JSON.parse(Buffer.from(config, 'base64').toString('utf8')) as Readonly<Record<string, string>>
  const settings = JSON.parse(Buffer.from(files['.runner'] ?? '', 'base64').toString('utf8')) as {
    readonly serverUrl?: string
    readonly gitHubUrl?: string
  }
  return new URL(settings.gitHubUrl ?? settings.serverUrl ?? '').origin
}
