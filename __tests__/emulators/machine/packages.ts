import type { Reply } from './systemd.ts'

export interface PackageDials {
  readonly docker: boolean
  readonly libicu: boolean
  readonly git: boolean
  /** How long an installation takes, ms. */
  readonly aptDelay: number
  /** What an installation waits for besides, so that a test decides when it is done. */
  readonly aptUntil?: Promise<unknown>
  /** apt-get fails: the mirror is away (`update`), or the package cannot be unpacked (`install`). */
  readonly aptFails?: 'update' | 'install'
}

/** What Ubuntu 24.04's lists name, of what we could ask for. */
const listed = ['git', 'docker.io', 'docker-buildx', 'libicu74', 'libicu-dev', 'libicu4j-java']

/** The distribution's packages: an image without package lists, as cloud images come, until they are fetched. */
export class Packages {
  readonly #dials: PackageDials
  readonly #installed: (what: 'docker' | 'git') => void
  readonly #periodicMasked: () => boolean
  #lists = false
  docker: boolean
  libicu: boolean
  /** apt-get calls, by their verb. */
  readonly calls: string[] = []

  constructor(
    dials: PackageDials,
    installed: (what: 'docker' | 'git') => void,
    periodicMasked: () => boolean,
  ) {
    this.#dials = dials
    this.#installed = installed
    this.#periodicMasked = periodicMasked
    this.docker = dials.docker
    this.libicu = dials.libicu
    if (dials.docker) installed('docker')
    if (dials.git) installed('git')
  }

  async command([name, ...words]: readonly string[]): Promise<Reply> {
    if (name === 'apt-cache')
      return words.join(' ') === 'pkgnames'
        ? { code: 0, text: this.#lists ? listed.join('\n') : '' }
        : this.#strange(words)
    if (name === 'ldconfig')
      return {
        code: 0,
        text: ['\tlibc.so.6', ...(this.libicu ? ['\tlibicuuc.so.74 => /usr/lib/libicuuc.so.74'] : [])].join(
          '\n',
        ),
      }
    return this.#aptGet(words)
  }

  async #aptGet(words: readonly string[]): Promise<Reply> {
    const plain = words.filter((word, index) => !word.startsWith('-') && words[index - 1] !== '-o')
    const [verb, ...names] = plain
    this.calls.push(verb ?? '')
    if (!this.#periodicMasked())
      return {
        code: 100,
        text: 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 777 (unattended-upgr)',
      }
    if (verb === 'update') {
      if (this.#dials.aptFails === 'update')
        return {
          code: 100,
          text: 'E: Failed to fetch http://archive.ubuntu.com/ubuntu/dists/noble/InRelease',
        }
      this.#lists = true
      return { code: 0 }
    }
    if (verb !== 'install' || !words.includes('-y') || !words.includes('DPkg::Lock::Timeout=300'))
      return this.#strange(words)
    const unknown = names.find((wanted) => !this.#lists || !listed.includes(wanted))
    if (unknown) return { code: 100, text: `E: Unable to locate package ${unknown}` }
    await new Promise((resolve) => setTimeout(resolve, this.#dials.aptDelay).unref())
    await this.#dials.aptUntil
    if (this.#dials.aptFails === 'install')
      return { code: 100, text: 'E: Sub-process /usr/bin/dpkg returned an error code (1)' }
    if (names.includes('docker.io')) this.#installed('docker')
    if (names.includes('git')) this.#installed('git')
    this.docker ||= names.includes('docker.io')
    this.libicu ||= names.includes('libicu74')
    return { code: 0 }
  }

  #strange(words: readonly string[]): Reply {
    return { code: 64, text: `not emulated: ${words.join(' ')}` }
  }
}
