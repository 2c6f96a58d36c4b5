import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What is pulled by a name. */
export interface Image {
  /** `sha256:…`. */
  readonly digest: string
  /** Lays its files into a folder that stands for `/`. `volumes`: where those of the pod are, each under its name. */
  lay(root: string, volumes: string): void
  readonly env?: Readonly<Record<string, string>>
  /** What runs when the container gives no command. */
  readonly entrypoint?: readonly string[]
  readonly workingDir?: string
  /** Whom its programs take themselves for; 0 is root. */
  readonly uid: number
  /** `/root` when absent. */
  readonly home?: string
}

/** A node's own words for an image that it cannot have. */
export interface NoImage {
  readonly reason: 'ErrImagePull' | 'ImagePullBackOff' | 'InvalidImageName'
  readonly message: string
}

export type Images = (name: string) => Image | NoImage

export const isImage = (found: Image | NoImage): found is Image => 'digest' in found

/** An image of a distribution: a shell and the usual programs. */
export function plainImage(digit: string, files: Readonly<Record<string, string | Buffer>> = {}): Image {
  return {
    digest: `sha256:${digit.repeat(64).slice(0, 64)}`,
    uid: 0,
    lay(root) {
      for (const [path, content] of Object.entries(files)) {
        mkdirSync(dirname(join(root, path)), { recursive: true })
        writeFileSync(join(root, path), content)
        chmodSync(join(root, path), 0o755)
      }
    },
  }
}
