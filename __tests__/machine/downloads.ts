import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Download } from '../../src/machine/agent-config.ts'

export interface Served {
  /** With the true digest of the bytes. */
  readonly download: Download
  /** Resolves when somebody has asked for them. */
  readonly asked: Promise<void>
  close(): void
}

/** A runner's archive that comes from somewhere else than its publisher, who never answers slowly or with rubbish. */
export async function serve(
  bytes: Buffer,
  answer: (response: ServerResponse) => void = (response) => void response.end(bytes),
): Promise<Served> {
  let told: () => void = () => undefined
  const asked = new Promise<void>((resolve) => (told = resolve))
  const server = createServer((_, response) => (told(), answer(response)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/runner.tar.gz`
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return {
    download: { url, sha256, version: '2.336.0' },
    asked,
    close: () => (server.closeAllConnections(), void server.close()),
  }
}

/** An archive whose unpacked folder was changed. */
export function repacked(bytes: Buffer, change: (folder: string) => void): Buffer {
  const work = mkdtempSync(join(tmpdir(), 'repacked-'))
  const folder = join(work, 'archive')
  mkdirSync(folder)
  execFileSync('tar', ['-xzf', '-', '-C', folder], { input: bytes })
  change(folder)
  const packed = execFileSync('tar', ['-czf', '-', '-C', folder, '.'], { maxBuffer: 2 ** 26 })
  rmSync(work, { recursive: true })
  return packed
}
