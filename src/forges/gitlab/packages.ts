import { Unreadable } from '../../lib/answers.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Fetch, HttpResponse } from '../../lib/http.ts'
import type { Log } from '../../lib/log.ts'
import { explainNetwork, networkTroubleOf, passingTrouble } from '../../lib/network.ts'
import { type Again, retry } from '../../lib/retry.ts'
import type { Download, NodeDownload } from '../../machine/agent-config.ts'
import { Failure } from '../../model/failure.ts'
import type { Platform } from '../../model/instance.ts'
import type { ForgeContext } from '../forge.ts'
import { networkWords } from './failures.ts'

/** Which gitlab-runner machines get: https://gitlab.com/gitlab-org/gitlab-runner/-/releases */
export const runnerVersion = '19.4.0'

/** docs.gitlab.com/runner/install/docker: Ubuntu's variant has git and curl. */
const image = {
  name: `docker.io/gitlab/gitlab-runner:ubuntu-v${runnerVersion}`,
  path: '/usr/bin/gitlab-runner',
} as const

/** Which Node runs the agent where the machine's image has none that is new enough: https://nodejs.org/en/about/previous-releases */
export const nodeVersion = '24.21.0'

/** As both publishers spell them in their files' names. */
const systems: Readonly<Record<Platform['os'], string>> = { linux: 'linux', macos: 'darwin' }

/** Publishers' addresses; a mirror with the same layout can stand in. */
function publishersOf({ CML_GITLAB_RUNNER_DOWNLOADS, CML_NODE_DOWNLOADS }: ForgeContext['variables']) {
  const trimmed = (address: string): string => address.replace(/\/+$/, '')
  return {
    runner: trimmed(CML_GITLAB_RUNNER_DOWNLOADS || 'https://gitlab-runner-downloads.s3.amazonaws.com'),
    node: trimmed(CML_NODE_DOWNLOADS || 'https://nodejs.org/dist'),
  }
}

export interface PackagesOptions {
  readonly fetch: Fetch
  readonly clock: Clock
  readonly log: Log
  readonly variables: ForgeContext['variables']
}

/** The programs a machine fetches, each with the digest that its publisher gives for it now. */
export class Packages {
  readonly #options: PackagesOptions
  readonly #digests = new Map<string, Promise<ReadonlyMap<string, string>>>()

  constructor(options: PackagesOptions) {
    this.#options = options
  }

  /** Throws `failed-precondition` rather than name a program that cannot be verified. Asks each publisher once. */
  async download(platform: Platform, signal?: AbortSignal): Promise<Download> {
    const [program, node] = await Promise.all([this.#runner(platform, signal), this.#node(platform, signal)])
    return { ...program, node, image }
  }

  /** docs.gitlab.com/runner/install/bleeding-edge/#download-any-other-tagged-release */
  async #runner(platform: Platform, signal?: AbortSignal): Promise<Download> {
    const base = `${publishersOf(this.#options.variables).runner}/v${runnerVersion}`
    const file = `binaries/gitlab-runner-${systems[platform.os]}-${platform.architecture === 'arm64' ? 'arm64' : 'amd64'}`
    const sha256 = await this.#digestOf(file, `${base}/release.sha256`, signal)
    return { url: `${base}/${file}`, sha256, version: runnerVersion }
  }

  /** https://nodejs.org/dist/ */
  async #node(platform: Platform, signal?: AbortSignal): Promise<NodeDownload> {
    const base = `${publishersOf(this.#options.variables).node}/v${nodeVersion}`
    const file = `node-v${nodeVersion}-${systems[platform.os]}-${platform.architecture}.tar.gz`
    const sha256 = await this.#digestOf(file, `${base}/SHASUMS256.txt`, signal)
    return { url: `${base}/${file}`, sha256, version: nodeVersion }
  }

  async #digestOf(file: string, address: string, signal?: AbortSignal): Promise<string> {
    const known = this.#digests.get(address) ?? this.#read(file, address, signal)
    this.#digests.set(address, known)
    try {
      const digest = (await known).get(file)
      if (digest === undefined) throw unverifiable(file, address)
      return digest
    } catch (error) {
      this.#digests.delete(address)
      throw error
    }
  }

  /** A list without the file may be one that was cut off, and is read again. */
  async #read(file: string, address: string, signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const { clock, fetch, log } = this.#options
    const { host } = new URL(address)
    const again = (error: unknown): Again | false => {
      const trouble = networkTroubleOf(error)
      if (error instanceof Unreadable && error.passing)
        return { why: `${host} gave what cannot be read`, patience: listPatience }
      if (error instanceof Refused) return error.again(host)
      return trouble !== undefined && passingTrouble(trouble, host)
    }
    const policy = { clock, log, pause: 500, longest: 8000, again, signal }
    try {
      return await retry(policy, async () => {
        const response = await fetch(address, signal ? { signal } : {})
        const digests = digestsIn(await response.text())
        if (response.status !== 200 || !digests.has(file)) throw new Refused(response)
        return digests
      })
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      if (error instanceof Refused && error.status === 200) throw unverifiable(file, address)
      throw unreachable(error, address)
    }
  }
}

/** An answer without the digest that was looked for. */
class Refused extends Error {
  readonly status: number
  readonly #seconds: number

  constructor({ status, headers }: Pick<HttpResponse, 'status' | 'headers'>) {
    super(`HTTP ${status}`)
    this.status = status
    this.#seconds = Number(headers.get('retry-after') || NaN)
  }

  get passing(): boolean {
    return this.status === 200 || this.status === 429 || this.status >= 500
  }

  again(host: string): Again | false {
    if (!this.passing) return false
    // A list that is whole and does not name the file will not name it later either.
    if (this.status === 200) return { why: `${host} gave a list that lacks the file`, patience: listPatience }
    const why = `${host} answered ${this.status}`
    return Number.isFinite(this.#seconds) ? { why, wait: this.#seconds * 1000 } : { why }
  }
}

/** Milliseconds for a list that may have been cut off. */
const listPatience = 8_000

/** Whole lines of `sha256sum`: `<hex>  file`, or `<hex> *./file` for a file read as binary. One with two digests has none. */
function digestsIn(text: string): ReadonlyMap<string, string> {
  const lines = text.matchAll(/^([0-9a-f]{64})[ \t]+\*?(?:\.\/)?(\S+)[ \t]*\r?\n/gim)
  const digests = new Map<string, string>()
  const doubtful = new Set<string>()
  for (const [, digest = '', file = ''] of lines) {
    const known = digests.get(file)
    if (known !== undefined && known !== digest.toLowerCase()) doubtful.add(file)
    digests.set(file, digest.toLowerCase())
  }
  for (const file of doubtful) digests.delete(file)
  return digests
}

function unverifiable(file: string, address: string): Failure {
  return new Failure('failed-precondition', {
    tried: `verify ${file}`,
    said: `${address} gives no SHA-256 for it`,
    why: 'The machine runs this program, so it is never fetched without a digest from its publisher.',
    fix: 'try again; behind a mirror of the downloads, have it bring this version.',
  })
}

function unreachable(error: unknown, address: string): unknown {
  const tried = `read the digests at ${address}`
  if (error instanceof Refused)
    return new Failure(
      error.passing ? 'unavailable' : 'not-found',
      { tried, said: error.message, fix: 'try again; behind a mirror of the downloads, look there.' },
      { cause: error },
    )
  if (error instanceof Unreadable)
    return new Failure(
      'unavailable',
      { tried, said: error.message, fix: 'try again; behind a mirror of the downloads, look there.' },
      { cause: error },
    )
  const trouble = networkTroubleOf(error)
  if (!trouble) return error
  const { code, message } = trouble
  return new Failure(
    'unavailable',
    { tried, said: message, code, ...explainNetwork(code, address, networkWords) },
    { cause: error },
  )
}
