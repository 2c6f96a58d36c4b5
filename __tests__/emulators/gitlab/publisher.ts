import { createHash } from 'node:crypto'
import type { Publication } from './emulator.ts'

/** The sites that programs are fetched from, on one host: `/gitlab-runner/` as GitLab's bucket, `/dist/` as nodejs.org. */
export class Publisher {
  readonly #files = new Map<string, Buffer>()

  serveFile(path: string, bytes: string | Uint8Array): void {
    this.#files.set(path, Buffer.from(bytes as Uint8Array))
  }

  file(path: string): Buffer | undefined {
    return this.#files.get(path)
  }

  owns(path: string): boolean {
    return path.startsWith('/gitlab-runner/') || path.startsWith('/dist/')
  }

  /** By architecture, for Linux, or by system and architecture. */
  publishRunner(version: string, binaries: Publication): void {
    const base = `/gitlab-runner/${version}`
    const lines = Object.entries(binaries).map(([name, bytes]) => {
      const path = `binaries/gitlab-runner-${name.includes('-') ? name : `linux-${name}`}`
      this.serveFile(`${base}/${path}`, bytes)
      return `${sha256(bytes)}  ${path}\n`
    })
    // Everything the publisher has is in one list: packages, images, other systems.
    const others = ['binaries/gitlab-runner-windows-amd64.exe', 'deb/gitlab-runner_amd64.deb'].map(
      (path) => `${sha256(path)}  ${path}\n`,
    )
    this.serveFile(`${base}/release.sha256`, [...others, ...lines].join(''))
  }

  publishNode(version: string, archives: Publication): void {
    const base = `/dist/${version}`
    const lines = Object.entries(archives).map(([platform, bytes]) => {
      const name = `node-${version}-${platform}`
      this.serveFile(`${base}/${name}`, bytes)
      return `${sha256(bytes)}  ${name}\n`
    })
    const other = `node-${version}-headers.tar.gz`
    this.serveFile(`${base}/SHASUMS256.txt`, [`${sha256(other)}  ${other}\n`, ...lines].join(''))
  }
}

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
