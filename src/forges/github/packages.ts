import type { Download } from '../../machine/agent-config.ts'
import { Failure } from '../../model/failure.ts'
import type { Platform } from '../../model/instance.ts'
import { readPackages, type RunnerPackage } from './answers.ts'
import type { Api } from './client.ts'
import type { Scope } from './scope.ts'

/** As GitHub spells them in its list of packages, and as people do. */
const systems: Readonly<Record<Platform['os'], { readonly theirs: string; readonly title: string }>> = {
  linux: { theirs: 'linux', title: 'Linux' },
  macos: { theirs: 'osx', title: 'macOS' },
}

/** Published with every release: github.com/actions/runner, images/Dockerfile, which unpacks it in the home of its user. */
function imageOf(version: string): Pick<Download, 'image'> {
  return version === 'unknown'
    ? {}
    : { image: { name: `ghcr.io/actions/actions-runner:${version}`, path: '/home/runner' } }
}

/** GitHub's runner program: the package it offers for this scope, with the digest it gives. */
export class Packages {
  readonly #api: Api
  readonly #scope: Scope
  #all: Promise<readonly RunnerPackage[]> | undefined

  constructor(api: Api, scope: Scope) {
    this.#api = api
    this.#scope = scope
  }

  /** Throws `failed-precondition` rather than name a package that cannot be verified. Asks GitHub once. */
  async download(platform: Platform, signal?: AbortSignal): Promise<Download> {
    this.#all ??= this.#list(signal)
    let all: readonly RunnerPackage[]
    try {
      all = await this.#all
    } catch (error) {
      this.#all = undefined
      throw error
    }
    const found = all.find(
      ({ os, architecture }) => os === systems[platform.os].theirs && architecture === platform.architecture,
    )
    if (!found) throw this.#missing(platform, all)
    const sha256 = found.sha256?.toLowerCase() ?? ''
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw this.#unverifiable(found)
    const version = /-(\d+\.\d+\.\d+[\w.-]*)\.tar\.gz$/.exec(found.filename)?.[1] ?? 'unknown'
    // A GitHub Enterprise Server may serve the package itself and then wants its own short-lived token; nobody else is shown it.
    const bearer =
      found.bearer !== undefined && new URL(found.url).host === new URL(this.#scope.page).host
        ? { bearer: found.bearer }
        : {}
    return { url: found.url, sha256, version, ...bearer, ...imageOf(version) }
  }

  async #list(signal?: AbortSignal): Promise<readonly RunnerPackage[]> {
    const { value } = await this.#api.send({
      tried: `ask ${this.#scope.text} for the runner program`,
      method: 'GET',
      path: '/actions/runners/downloads',
      signal,
      read: (data) => readPackages(data, this.#scope.page),
    })
    return value
  }

  #missing({ os, architecture }: Platform, all: readonly RunnerPackage[]): Failure {
    return new Failure('not-found', {
      tried: `find a runner program for ${systems[os].title} on ${architecture}`,
      said: `${new URL(this.#scope.page).host} offers ${all.map((item) => `${item.os}-${item.architecture}`).join(', ') || 'none'}`,
      fix: 'choose a machine type of another architecture.',
    })
  }

  #unverifiable({ filename }: RunnerPackage): Failure {
    return new Failure('failed-precondition', {
      tried: `verify the runner program ${filename}`,
      said: `${new URL(this.#scope.page).host} gives no SHA-256 for it`,
      why: 'The machine runs this program, so it is never fetched without a digest from its publisher. Old versions of GitHub Enterprise Server give none.',
      fix: 'update the GitHub Enterprise Server, or use a repository on github.com.',
    })
  }
}
