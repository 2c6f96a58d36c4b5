import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { aboutPackage, loadSettings, root } from './settings.ts'
import type { Terminal } from './terminal.ts'

export interface Update {
  readonly version: string
  readonly url: string
  readonly sha256: string
}

/**
 * The official self-update: unpacks the new package beside the old one, waits for the job to end, and leaves a script behind that turns
 * `bin` and `externals` into links to the new folders once this process is gone. It says so by the file `update.finished`.
 */
export async function update(
  { version, url, sha256 }: Update,
  terminal: Terminal,
  idle: () => Promise<void>,
): Promise<void> {
  terminal.line('Runner update in progress, do not shutdown runner.')
  terminal.line(`Downloading ${version} runner`)
  const folder = resolve(root, loadSettings().workFolder, '_update')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const answer = await fetch(url)
  const archive = Buffer.from(await answer.arrayBuffer())
  if (createHash('sha256').update(archive).digest('hex') !== sha256)
    throw new Error(`Computed runner hash did not match expected runner hash for ${url}`)
  writeFileSync(join(folder, 'package.tar.gz'), archive)
  await finished(spawn('tar', ['-xzf', 'package.tar.gz'], { cwd: folder, stdio: 'ignore' }))
  for (const part of ['bin', 'externals']) {
    rmSync(join(root, `${part}.${version}`), { recursive: true, force: true })
    renameSync(join(folder, part), join(root, `${part}.${version}`))
  }
  terminal.line('Waiting for current job finish running.')
  await idle()
  terminal.line('Generate and execute update script.')
  const script = resolve(root, loadSettings().workFolder, '_update.sh')
  writeFileSync(script, scriptFor(aboutPackage().version, version))
  spawn('bash', [script], { cwd: process.cwd(), stdio: 'ignore' }).unref()
  terminal.line('Runner will exit shortly for update, should be back online within 10 seconds.')
  terminal.line('Runner update process finished.')
  await terminal.flush()
}

function scriptFor(from: string, to: string): string {
  return `#!/bin/bash
while [ -e /proc/${process.pid} ]; do sleep 0.1; done
for part in bin externals; do
    if [ -L "${root}/$part" ]; then rm "${root}/$part"; else mv "${root}/$part" "${root}/$part.${from}"; fi
    ln -s "${root}/$part.${to}" "${root}/$part"
done
touch update.finished
`
}

function finished(child: ReturnType<typeof spawn>): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`tar ended with ${code}`))))
  })
}
