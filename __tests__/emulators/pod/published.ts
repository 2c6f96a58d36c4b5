import { createHash } from 'node:crypto'

/** An image of a forge's runner, as its publisher has it. */
export interface Published {
  readonly forge: 'github' | 'gitlab'
  readonly version: string
  /** `sha256:…`. */
  readonly digest: string
}

const names = {
  github: /^ghcr\.io\/actions\/actions-runner:(\d+\.\d+\.\d+)$/,
  gitlab: /^docker\.io\/gitlab\/gitlab-runner:ubuntu-v(\d+\.\d+\.\d+)$/,
} as const

/** Every version is published, and nothing else. An image that is named by a digest, too, is only to be had by its own. */
export function publishedImage(image: string): Published | undefined {
  const [name = '', wanted] = image.split('@')
  const digest = `sha256:${createHash('sha256').update(name).digest('hex')}`
  if (wanted !== undefined && wanted !== digest) return undefined
  for (const forge of ['github', 'gitlab'] as const) {
    const [, version] = names[forge].exec(name) ?? []
    if (version !== undefined) return { forge, version, digest }
  }
  return undefined
}

/** The same of what a registry is asked for: `actions/actions-runner`, `2.336.0`. */
export function publishedAt(repository: string, tag: string): Published | undefined {
  const hosts = ['ghcr.io', 'docker.io']
  return hosts.map((host) => publishedImage(`${host}/${repository}:${tag}`)).find(Boolean)
}
