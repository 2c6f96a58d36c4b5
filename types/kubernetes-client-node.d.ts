/**
 * What this program uses of @kubernetes/client-node. The package's own types are a thousand files, which every check of types would read; tsconfig.json
 * leads here instead.
 */

export interface Cluster {
  readonly name: string
  readonly server: string
  readonly skipTLSVerify?: boolean
  readonly proxyUrl?: string
}

export interface Context {
  readonly name: string
  readonly cluster: string
  readonly user: string
  readonly namespace?: string
}

export interface User {
  readonly name: string
}

export declare class KubeConfig {
  loadFromString(text: string): void
  loadFromFile(path: string): void
  /** KUBECONFIG, the home folder, the service account of a pod. */
  loadFromDefault(): void
  /** What the getters give, as it is. */
  loadFromOptions(options: {
    readonly clusters: readonly Cluster[]
    readonly users: readonly User[]
    readonly contexts: readonly Context[]
    readonly currentContext: string | undefined
  }): void
  getClusters(): readonly Cluster[]
  getUsers(): readonly User[]
  getContexts(): readonly Context[]
  getCurrentContext(): string
  setCurrentContext(name: string): void
  getContextObject(name: string): Context | null
  getCurrentCluster(): Cluster | null
  /** Fills in what a request of node:https is made with. */
  applyToHTTPSOptions(options: object): Promise<void>
}
