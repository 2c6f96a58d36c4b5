import type { Reply } from './systemd.ts'

/** What the distribution installs by; `none` where it is nothing that we know. */
export type Manager = 'apt-get' | 'dnf' | 'yum' | 'microdnf' | 'none'

/** The programs of each. */
export const programsOf: Readonly<Record<Manager, readonly string[]>> = {
  'apt-get': ['apt-get', 'apt-cache'],
  dnf: ['dnf', 'yum'],
  yum: ['yum'],
  microdnf: ['microdnf'],
  none: [],
}

export interface PackageDials {
  readonly manager: Manager
  readonly docker: boolean
  readonly libicu: boolean
  readonly git: boolean
  /** How long an installation takes, ms. */
  readonly aptDelay: number
  /** What the installation of a package waits for besides, so that a test decides when it is done. */
  readonly aptUntil?: Promise<unknown> | ((name: string) => Promise<unknown> | undefined)
  /** apt-get fails: the mirror is away (`update`), or the package cannot be unpacked (`install`). */
  readonly aptFails?: 'update' | 'install'
}

/** What Ubuntu 24.04's lists name, of what we could ask for. */
const listed = ['git', 'docker.io', 'docker-buildx', 'libicu74', 'libicu-dev', 'libicu4j-java']
/** The same of Amazon Linux 2023, whose managers fetch the lists by themselves. */
const listedByDnf = ['git', 'docker', 'libicu']

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
    if (name !== 'apt-get') return this.#dnf(words)
    return this.#aptGet(words)
  }

  async #dnf(words: readonly string[]): Promise<Reply> {
    const [yes, verb, ...names] = words
    this.calls.push(verb ?? '')
    if (yes !== '-y' || verb !== 'install') return this.#strange(words)
    const unknown = names.find((wanted) => !listedByDnf.includes(wanted))
    if (unknown) return { code: 1, text: `Error: Unable to find a match: ${unknown}` }
    return this.#install(names)
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
    return this.#install(names)
  }

  async #install(names: readonly string[]): Promise<Reply> {
    const { aptDelay, aptUntil, aptFails } = this.#dials
    await new Promise((resolve) => setTimeout(resolve, aptDelay).unref())
    for (const name of names) await (typeof aptUntil === 'function' ? aptUntil(name) : aptUntil)
    if (aptFails === 'install')
      return { code: 100, text: 'E: Sub-process /usr/bin/dpkg returned an error code (1)' }
    const comes = (pattern: RegExp) => names.some((name) => pattern.test(name))
    if (comes(/^docker/)) this.#installed('docker')
    if (comes(/^git$/)) this.#installed('git')
    this.docker ||= comes(/^docker(\.io)?$/)
    this.libicu ||= comes(/^libicu(74)?$/)
    return { code: 0 }
  }

  #strange(words: readonly string[]): Reply {
    return { code: 64, text: `not emulated: ${words.join(' ')}` }
  }
}
