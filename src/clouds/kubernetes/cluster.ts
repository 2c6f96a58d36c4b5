import type { Call } from '../../lib/sending.ts'

/** What is read and written of Kubernetes' resources; the API has more. https://kubernetes.io/docs/reference/kubernetes-api/ */
export interface Metadata {
  readonly name?: string
  readonly namespace?: string
  readonly uid?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
}

export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

export interface Job {
  readonly metadata?: Metadata
  readonly spec?: { readonly activeDeadlineSeconds?: number }
  readonly status?: { readonly conditions?: readonly Condition[]; readonly startTime?: string }
}

export interface ContainerStatus {
  readonly name: string
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string }
    readonly running?: object
    readonly terminated?: { readonly exitCode?: number; readonly reason?: string; readonly message?: string }
  }
}

export interface Pod {
  readonly metadata?: Metadata
  readonly status?: {
    readonly phase?: string
    readonly reason?: string
    readonly message?: string
    readonly podIP?: string
    readonly conditions?: readonly Condition[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

export interface Event {
  readonly reason?: string
  readonly message?: string
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
  readonly involvedObject?: { readonly kind?: string; readonly name?: string; readonly uid?: string }
}

/** `hard` and `used`: quantities by what is counted, as `requests.cpu`. */
export interface ResourceQuota {
  readonly metadata?: Metadata
  readonly spec?: { readonly scopes?: readonly string[]; readonly scopeSelector?: object }
  readonly status?: {
    readonly hard?: Readonly<Record<string, string>>
    readonly used?: Readonly<Record<string, string>>
  }
}

/** A resource as it is sent. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata & { readonly name: string }
}

/** What somebody may do. */
export interface Right {
  readonly verb: string
  /** Of the API group `batch`: `jobs`; of the core: all others. */
  readonly resource: string
  readonly subresource?: string
}

/** A namespace, and the name of something in it. */
export interface Where {
  readonly namespace: string
  readonly name: string
}

/** The API of a cluster, as far as it is used here. Throws Failures alone, and the signal's reason. */
export interface Cluster {
  /** Address of the API server. Undefined where no configuration was found. */
  readonly server: string | undefined
  /** The namespace of the context; `default` where it names none. */
  readonly namespace: string
  createJob(namespace: string, job: Manifest, call: Call): Promise<Job>
  /** Everything that creating it would check, and nothing is made. */
  tryJob(namespace: string, job: Manifest, call: Call): Promise<void>
  getJob(where: Where, call: Call): Promise<Job>
  listJobs(namespace: string, labels: string, call: Call): Promise<readonly Job[]>
  /** From now on, whatever it was. 1 ends the Job. */
  setDeadline(where: Where, seconds: number, call: Call): Promise<void>
  /** Only where it still is what was read. */
  raiseDeadline(where: Where, from: number, to: number, call: Call): Promise<void>
  createSecret(namespace: string, secret: Manifest, call: Call): Promise<void>
  /** Throws `already-exists` where there is one of that name. Nothing is made. */
  trySecret(namespace: string, secret: Manifest, call: Call): Promise<void>
  deleteSecret(where: Where, call: Call): Promise<void>
  listPods(namespace: string, labels: string, call: Call): Promise<readonly Pod[]>
  /** The last lines that a container has printed. */
  log(where: Where, container: string, call: Call): Promise<string>
  listQuotas(namespace: string, call: Call): Promise<readonly ResourceQuota[]>
  listEvents(namespace: string, fields: string, call: Call): Promise<readonly Event[]>
  /** https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access */
  may(namespace: string, right: Right, call: Call): Promise<boolean>
}
