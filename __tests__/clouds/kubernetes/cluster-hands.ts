import type { CloudSide, EmulatedCloud } from '../../sides/cloud-side.ts'

/** An object of the API, of whatever kind. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Thing = any

/** What there is in the namespace of a story, as somebody sees it who may see everything. */
export interface Look {
  readonly jobs: readonly Thing[]
  readonly pods: readonly Thing[]
  /** Names. */
  readonly secrets: readonly string[]
}

/** What a person does at a cluster beside the product: the same at an emulated one and at a real one. */
export interface Hands {
  look(): Promise<Look>
  /** Resolves with what `find` gives as soon as it gives something, asked again after every change. */
  until<T>(find: (look: Look) => T | undefined | false): Promise<T>
  /** What a container has printed. */
  log(pod: string, container: string): Promise<string>
  /** A node is drained. */
  evict(pod: string): Promise<void>
  /** No node takes a new pod. */
  fill(): Promise<void>
  /** A quota that has no room for a pod. */
  exhaust(): Promise<void>
  /** No registry has this image. */
  lose(image: string): Promise<void>
  /** An annotation of a Job, as somebody changes it who has made it. */
  annotate(job: string, annotations: Readonly<Record<string, string>>): Promise<void>
  /** What has ended has been remembered long enough. */
  forget(job: string): Promise<void>
}

export interface ClusterKind {
  readonly side: CloudSide
  hands(cloud: EmulatedCloud): Hands
}
