/**
 * What this program uses of @google-cloud/compute. The package's own types are one file of 33 MB, which every check of types would read; tsconfig.json
 * leads here instead. Names and kinds are those of the package's protos, against which the emulator checks each request. 64-bit numbers are text.
 */

export interface ClientOptions {
  readonly authClient?: unknown
  readonly projectId?: string
  readonly apiEndpoint?: string
  readonly port?: number
  readonly protocol?: string
}

export interface CallOptions {
  /** ms. */
  readonly timeout?: number
  readonly retry?: null
  readonly autoPaginate?: boolean
}

export interface Item {
  readonly key?: string | null
  readonly value?: string | null
}

export interface Metadata {
  readonly fingerprint?: string | null
  readonly items?: readonly Item[] | null
}

export interface Scheduling {
  readonly automaticRestart?: boolean | null
  readonly instanceTerminationAction?: string | null
  readonly maxRunDuration?: { readonly seconds?: string | number | null } | null
  readonly onHostMaintenance?: string | null
  readonly provisioningModel?: string | null
  readonly preemptible?: boolean | null
}

export interface AccessConfig {
  readonly name?: string | null
  readonly type?: string | null
  readonly natIP?: string | null
  readonly externalIpv6?: string | null
  readonly networkTier?: string | null
}

export interface NetworkInterface {
  readonly network?: string | null
  readonly subnetwork?: string | null
  readonly networkIP?: string | null
  readonly ipv6Address?: string | null
  readonly accessConfigs?: readonly AccessConfig[] | null
  readonly stackType?: string | null
  readonly ipv6AccessConfigs?: readonly AccessConfig[] | null
}

export interface AttachedDisk {
  readonly autoDelete?: boolean | null
  readonly boot?: boolean | null
  readonly type?: string | null
  readonly initializeParams?: {
    readonly sourceImage?: string | null
    readonly diskSizeGb?: string | number | null
    readonly diskType?: string | null
    readonly provisionedIops?: string | number | null
    readonly provisionedThroughput?: string | number | null
    readonly labels?: Readonly<Record<string, string>> | null
  } | null
}

export interface AcceleratorConfig {
  readonly acceleratorType?: string | null
  readonly acceleratorCount?: number | null
}

export interface ServiceAccount {
  readonly email?: string | null
  readonly scopes?: readonly string[] | null
}

export interface Instance {
  readonly id?: string | null
  readonly name?: string | null
  readonly description?: string | null
  readonly creationTimestamp?: string | null
  readonly zone?: string | null
  readonly machineType?: string | null
  readonly status?: string | null
  readonly statusMessage?: string | null
  readonly labels?: Readonly<Record<string, string>> | null
  readonly metadata?: Metadata | null
  readonly scheduling?: Scheduling | null
  readonly networkInterfaces?: readonly NetworkInterface[] | null
  readonly disks?: readonly AttachedDisk[] | null
  readonly guestAccelerators?: readonly AcceleratorConfig[] | null
  readonly serviceAccounts?: readonly ServiceAccount[] | null
}

export type InstanceProperties = Omit<Instance, 'id' | 'name' | 'creationTimestamp' | 'zone' | 'status'>

export interface BulkInsertResource {
  readonly count?: string | number | null
  readonly minCount?: string | number | null
  readonly instanceProperties?: InstanceProperties | null
  readonly perInstanceProperties?: Readonly<Record<string, { readonly name?: string | null }>> | null
  readonly locationPolicy?: {
    readonly locations?: Readonly<Record<string, { readonly preference?: string | null }>> | null
    readonly targetShape?: string | null
  } | null
}

export interface OperationProblem {
  readonly code?: string | null
  readonly message?: string | null
  readonly errorDetails?:
    | readonly {
        readonly errorInfo?: {
          readonly reason?: string | null
          readonly metadatas?: Readonly<Record<string, string>> | null
        } | null
        readonly localizedMessage?: { readonly message?: string | null } | null
      }[]
    | null
}

export interface Operation {
  readonly name?: string | null
  readonly operationType?: string | null
  /** Who asked for it: the address of an account, or `system`. */
  readonly user?: string | null
  readonly status?: string | null
  readonly targetId?: string | null
  readonly insertTime?: string | null
  readonly endTime?: string | null
  readonly httpErrorStatusCode?: number | null
  readonly error?: { readonly errors?: readonly OperationProblem[] | null } | null
  readonly instancesBulkInsertOperationMetadata?: {
    readonly perLocationStatus?: Readonly<Record<string, { readonly createdVmCount?: number | null }>> | null
  } | null
}

export interface Image {
  readonly name?: string | null
  readonly family?: string | null
  readonly architecture?: string | null
  readonly diskSizeGb?: string | null
  readonly status?: string | null
  /** ACTIVE, DEPRECATED, OBSOLETE, DELETED. */
  readonly deprecated?: { readonly state?: string | null; readonly replacement?: string | null } | null
}

export interface Subnetwork {
  readonly name?: string | null
  /** IPV4_ONLY, IPV4_IPV6, IPV6_ONLY. */
  readonly stackType?: string | null
  /** EXTERNAL, INTERNAL. */
  readonly ipv6AccessType?: string | null
}

export interface Zone {
  readonly name?: string | null
  readonly region?: string | null
  readonly status?: string | null
}

export interface InstancesScopedList {
  readonly instances?: readonly Instance[] | null
  readonly warning?: { readonly code?: string | null; readonly message?: string | null } | null
}

type Answer<T> = Promise<readonly [T, ...unknown[]]>
type Started = Answer<{ readonly latestResponse?: Operation | null }>
/** What stands behind the methods: asked with `autoPaginate: false` it gives one page, the request for the next, and the answer as it came. */
type Page = (request: object, options: CallOptions) => Promise<readonly [unknown, object | null, unknown]>

declare class Client {
  constructor(options?: ClientOptions)
  readonly innerApiCalls: Readonly<Record<string, Page>>
  initialize(): Promise<unknown>
}

interface InZone {
  readonly project: string
  readonly zone: string
}

interface OfInstance extends InZone {
  readonly instance: string
}

export declare class InstancesClient extends Client {
  insert(
    request: InZone & { readonly requestId: string; readonly instanceResource: Instance },
    options: CallOptions,
  ): Started
  get(request: OfInstance, options: CallOptions): Answer<Instance>
  delete(request: OfInstance, options: CallOptions): Started
  setMetadata(request: OfInstance & { readonly metadataResource: Metadata }, options: CallOptions): Started
  getSerialPortOutput(
    request: OfInstance & { readonly start: string },
    options: CallOptions,
  ): Answer<{
    readonly contents?: string | null
    readonly next?: string | null
    readonly start?: string | null
  }>
}

export declare class RegionInstancesClient extends Client {
  bulkInsert(
    request: {
      readonly project: string
      readonly region: string
      readonly requestId: string
      readonly bulkInsertInstanceResourceResource: BulkInsertResource
    },
    options: CallOptions,
  ): Started
}

export declare class ZoneOperationsClient extends Client {
  wait(request: InZone & { readonly operation: string }, options: CallOptions): Answer<Operation>
}

export declare class RegionOperationsClient extends Client {
  get(
    request: { readonly project: string; readonly region: string; readonly operation: string },
    options: CallOptions,
  ): Answer<Operation>
  wait(
    request: { readonly project: string; readonly region: string; readonly operation: string },
    options: CallOptions,
  ): Answer<Operation>
}

export declare class ImagesClient extends Client {
  get(request: { readonly project: string; readonly image: string }, options: CallOptions): Answer<Image>
  getFromFamily(
    request: { readonly project: string; readonly family: string },
    options: CallOptions,
  ): Answer<Image>
}

export declare class SubnetworksClient extends Client {
  get(
    request: { readonly project: string; readonly region: string; readonly subnetwork: string },
    options: CallOptions,
  ): Answer<Subnetwork>
}

export declare class ZonesClient extends Client {}
