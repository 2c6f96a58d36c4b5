import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import type { CarrierOptions, CarrierProgram } from '../machine/carriers.ts'
import { CloudInit } from '../machine/cloud-init.ts'

const bundle = '/etc/ssl/certs/ca-certificates.crt'

/**
 * Compute Engine's guest environment, as far as it concerns us: once the network is up, on every boot, `google_metadata_script_runner` asks the metadata
 * server for `startup-script`, writes it below /tmp, executes it there and shows what it prints on the console
 * (GoogleCloudPlatform/guest-agent, google_metadata_script_runner/main.go).
 */
export class GuestAgent implements CarrierProgram {
  /** Images with both have cloud-init's stages behind them when startup scripts are run. */
  readonly service = 'cloud-init.service'
  readonly #options: CarrierOptions
  readonly #sentTrust: boolean

  constructor(userData: Buffer, options: CarrierOptions) {
    this.#options = options
    this.#sentTrust = userData.includes('/usr/local/share/ca-certificates/')
  }

  /** The script itself adds what was sent. */
  trust(ofImage: string | undefined): string | undefined {
    if (ofImage === undefined && !this.#sentTrust) return undefined
    const path = join(this.#options.root, bundle)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, ofImage ? `${ofImage}\n` : '')
    return path
  }

  /** Of images with cloud-init, which goes by another key. */
  async early(first: boolean): Promise<void> {
    const userData = await this.#ask('user-data')
    if (userData !== undefined) await new CloudInit(Buffer.from(userData), this.#options).early(first)
  }

  async late(): Promise<void> {
    const { print } = this.#options
    print('google_metadata_script_runner[711]: Starting startup scripts (version 20250116.00).')
    const script = await this.#ask('startup-script')
    if (script === undefined) return print('google_metadata_script_runner[711]: No startup scripts to run.')
    print('google_metadata_script_runner[711]: Found startup-script in metadata.')
    await this.#execute(script)
    print('google_metadata_script_runner[711]: Finished running startup scripts.')
  }

  /** Undefined where there is none (any more). */
  async #ask(key: string): Promise<string | undefined> {
    const { environment, refuse } = this.#options
    const { GCE_METADATA_HOST: host = '' } = environment()
    const url = `http://${host}/computeMetadata/v1/instance/attributes/?recursive=true&alt=json`
    try {
      const answer = await fetch(url, { headers: { 'metadata-flavor': 'Google' } })
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
      return ((await answer.json()) as Record<string, string>)[key]
    } catch (error) {
      refuse(`metadata server: ${String(error)}`)
      return undefined
    }
  }

  #execute(script: string): Promise<void> {
    const { root, environment, print, noexec, refuse, isOver } = this.#options
    if (isOver()) return Promise.resolve()
    const folder = mkdtempSync(join(root, 'tmp/metadata-scripts'))
    const file = join(folder, 'startup-script')
    writeFileSync(file, script, { mode: 0o755 })
    const tell = (text: string) => print(`google_metadata_script_runner[711]: startup-script: ${text}`)
    if (noexec) {
      tell(`/bin/bash: line 1: ${file}: Permission denied`)
      return Promise.resolve()
    }
    // Bash that reads a socket takes itself for a remote shell, and reads a person's start-up files.
    const child = spawn('/bin/bash', ['-c', file], {
      cwd: root,
      env: environment(),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => chunk.toString().trim().split('\n').forEach(tell))
    return new Promise((resolve) => {
      child.on('error', (error) => (refuse(`startup-script: ${error.message}`), resolve()))
      child.on('exit', (code, signalled) => {
        if (!isOver()) {
          rmSync(folder, { recursive: true, force: true })
          print(`google_metadata_script_runner[711]: startup-script exit status ${code ?? String(signalled)}`)
        }
        resolve()
      })
    })
  }
}

/** A file that the script would write, by its path. The script is not executed. */
export function fileInScript(script: string, path: string): Buffer | undefined {
  const lines = script.split('\n')
  for (const [at, line] of lines.entries()) {
    const [, , to, how, end] =
      /^put (0[0-7]{3}) (\/[\w./-]+) (cat|base64 -d) <<'(END-[0-9a-f]{24})'$/.exec(line) ?? []
    if (to !== path) continue
    const text = lines.slice(at + 1, lines.indexOf(end ?? '', at)).join('\n')
    return how === 'cat' ? Buffer.from(`${text}\n`, 'latin1') : Buffer.from(text, 'base64')
  }
  return undefined
}
