import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import type { CarrierOptions, CarrierProgram } from './carriers.ts'
import { decodeUserData, isGzip, type UserData } from './user-data.ts'

/** What it goes by on later boots. */
const cache = '/var/lib/cloud/instance/obj.pkl'

/** cloud-init's stages, as far as they concern us: boothooks and bootcmd on every boot; files, keys and certificates on the first. */
export class CloudInit implements CarrierProgram {
  readonly service = 'cloud-init.service'
  readonly #options: CarrierOptions
  readonly #bytes: Buffer
  #data: UserData | undefined

  constructor(userData: Buffer, options: CarrierOptions) {
    this.#options = options
    this.#bytes = userData
    try {
      this.#data = decodeUserData(userData)
    } catch (error) {
      options.refuse(`user data: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  /** What update-ca-certificates makes of the image's certificates and those of the user data; undefined where there are none. */
  trust(ofImage: string | undefined): string | undefined {
    const all = [ofImage ?? '', ...(this.#data?.trustedCertificates ?? [])].filter(Boolean)
    if (all.length === 0) return undefined
    this.#writeFile('/etc/ssl/certs/ca-certificates.crt', Buffer.from(all.join('\n')), 0o644)
    return join(this.#options.root, 'etc/ssl/certs/ca-certificates.crt')
  }

  async early(first: boolean): Promise<void> {
    this.#options.print("Cloud-init v. 25.1.4 running 'init'")
    const { root, noexec, log } = this.#options
    if (!first && this.#isForgotten()) this.#data = undefined
    else this.#keep()
    for (const { name, text } of this.#data?.boothooks ?? []) {
      const path = join('/var/lib/cloud/instance/boothooks', name)
      this.#writeFile(path, Buffer.from(text), 0o700)
      if (noexec) log(`${name}: Permission denied`)
      else await this.#execute(name, [join(root, path)])
    }
    for (const words of this.#data?.bootCommands ?? [])
      await this.#execute(
        'bootcmd',
        words.map((word) => (word.startsWith('/') ? join(root, word) : word)),
      )
  }

  late(first: boolean): Promise<void> {
    if (first && this.#data) this.#lateOnce(this.#data)
    if (first && this.#options.lingers) return Promise.resolve()
    this.#writeFile('/run/cloud-init/result.json', Buffer.from('{"v1":{"errors":[]}}'), 0o644)
    return Promise.resolve()
  }

  /** Nothing brings it a second time, and nobody has kept it. */
  #isForgotten(): boolean {
    const { root, copies } = this.#options
    return copies.length > 0 && [...copies, cache].every((path) => !existsSync(join(root, path)))
  }

  /** As cloud-init 25.1 keeps what was sent, and what it has made of it. */
  #keep(): void {
    const base64 = this.#bytes.toString('base64')
    const plain = isGzip(this.#bytes) ? gunzipSync(this.#bytes) : this.#bytes
    for (const path of [cache, '/var/lib/cloud/instance/user-data.txt'])
      this.#writeFile(path, this.#bytes, 0o600)
    for (const path of [
      '/var/lib/cloud/instance/user-data.txt.i',
      '/var/lib/cloud/instance/cloud-config.txt',
      '/run/cloud-init/combined-cloud-config.json',
    ])
      this.#writeFile(path, plain, 0o600)
    this.#writeFile(
      '/run/cloud-init/instance-data-sensitive.json',
      Buffer.from(JSON.stringify({ userdata: base64 })),
      0o600,
    )
    for (const path of this.#options.copies)
      this.#writeFile(path, Buffer.from(`<CustomData>${base64}</CustomData>`), 0o600)
  }

  #lateOnce({ files, authorizedKeys }: UserData): void {
    for (const { path, bytes, mode } of files) this.#writeFile(path, bytes, mode)
    const keys = Buffer.from(authorizedKeys.join('\n'))
    if (keys.length > 0) this.#writeFile('/home/ubuntu/.ssh/authorized_keys', keys, 0o600)
    this.#options.print("Cloud-init v. 25.1.4 running 'modules:final'")
  }

  #writeFile(path: string, bytes: Buffer, mode: number): void {
    const real = join(this.#options.root, path)
    mkdirSync(dirname(real), { recursive: true })
    writeFileSync(real, bytes, { mode })
    chmodSync(real, mode)
  }

  #execute(name: string, [program = '', ...words]: readonly string[]): Promise<void> {
    const { root, environment, print, log, refuse, isOver } = this.#options
    if (isOver()) return Promise.resolve()
    const child = spawn(program, words, { cwd: root, env: environment(), detached: true })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => log(`${name}: ${chunk.toString().trim()}`))
    return new Promise((resolve) => {
      child.on('error', (error) => (refuse(`${name}: ${error.message}`), resolve()))
      child.on('exit', (code, signalled) => {
        log(`${name} ended with ${code ?? signalled}`)
        if (code !== 0 && !isOver()) print(`cloud-init[612]: Failed to run ${name}: ${code ?? signalled}`)
        resolve()
      })
    })
  }
}
