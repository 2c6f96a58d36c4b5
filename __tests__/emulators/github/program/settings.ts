import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** `.runner`: what configuring leaves behind. The names are the official ones. */
export interface Settings {
  readonly agentId: number
  readonly agentName: string
  readonly poolId: number
  readonly poolName: string
  readonly ephemeral?: boolean
  readonly disableUpdate?: boolean
  readonly serverUrl: string
  readonly gitHubUrl: string
  readonly workFolder: string
}

export interface Credentials {
  readonly scheme: 'OAuth'
  readonly data: { readonly clientId: string; readonly authorizationUrl: string }
}

/** What the package itself is: baked in when the emulator makes the archive. */
export interface Package {
  readonly version: string
  readonly architecture: 'X64' | 'ARM64'
  /** Hosts that stand for the emulator, such as `github.com`, and where it really listens. */
  readonly hosts: Readonly<Record<string, string>>
}

/** The folder that config.sh is in; this program is in its `bin`, which an update may turn into a link. */
export const root = dirname(dirname(process.argv[1] ?? ''))

export const aboutPackage = (): Package =>
  JSON.parse(readFileSync(join(root, 'bin', 'about.json'), 'utf8')) as Package

export const isConfigured = (): boolean => existsSync(join(root, '.runner'))
export const hasCredentials = (): boolean => existsSync(join(root, '.credentials'))

export const loadSettings = (): Settings => read<Settings>('.runner')
export const loadCredentials = (): Credentials => read<Credentials>('.credentials')

export function saveSettings(settings: Settings): void {
  write('.runner', settings)
}

export function saveCredentials(credentials: Credentials, key: Readonly<Record<string, string>>): void {
  write('.credentials', credentials)
  write('.credentials_rsaparams', key)
  chmodSync(join(root, '.credentials_rsaparams'), 0o600)
}

/** The files of a just-in-time configuration: base64 of a JSON map from file name to base64 of its content. */
export function unpackJitConfig(encoded: string): void {
  const files = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as Record<string, string>
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(root, name), Buffer.from(content, 'base64'))
}

export function deleteConfiguration(): void {
  for (const name of ['.credentials', '.credentials_rsaparams', '.runner'])
    rmSync(join(root, name), { force: true })
}

/** .NET writes these with a byte order mark. */
function write(name: string, value: unknown): void {
  writeFileSync(join(root, name), `\ufeff${JSON.stringify(value, undefined, 2)}`)
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(join(root, name), 'utf8').replace(/^\ufeff/, '')) as T
}
