import type {
  BulkInsertResource,
  Image,
  Instance,
  Metadata,
  Operation,
  Subnetwork,
  Zone,
} from '@google-cloud/compute/build/src/v1/instances_client.js'
import type { Call } from '../../lib/sending.ts'

export type {
  AttachedDisk,
  BulkInsertResource,
  Image,
  InstancesScopedList,
  Instance as GceInstance,
  InstanceProperties,
  Metadata,
  NetworkInterface,
  Operation,
  OperationProblem,
  Scheduling,
  Subnetwork,
} from '@google-cloud/compute/build/src/v1/instances_client.js'

/** A machine by its place: names are unique in a zone. */
export interface Where {
  readonly zone: string
  readonly name: string
}

/** https://cloud.google.com/compute/docs/reference/rest/v1/regions/get */
export interface Quota {
  /** `NVIDIA_T4_GPUS` */
  readonly metric?: string
  readonly limit?: number
  readonly usage?: number
}

/** A subnet by its place. Its project may be another one, which shares its network. */
export interface SubnetPlace {
  readonly project: string
  readonly region: string
  readonly name: string
}

export interface Found {
  readonly instances: readonly Instance[]
  /** Zones of which the answer says nothing, and why. */
  readonly unreadable: readonly { readonly zone: string; readonly said: string }[]
}

/** The calls of Compute Engine that this cloud makes, in one project. All throw Failures. A request id makes a repeated order the same order. */
export interface Compute {
  /** Address of the API, without a slash at its end. */
  readonly api: string
  /** Throws `unauthenticated` where nobody tells. Asked once. */
  project(): Promise<string>
  /** The same, once somebody has asked. */
  readonly knownProject: string | undefined
  insert(zone: string, requestId: string, machine: Instance, call: Call): Promise<Operation>
  bulkInsert(region: string, requestId: string, order: BulkInsertResource, call: Call): Promise<Operation>
  /** The operation as it is in the end, or, after two minutes, by then. */
  waitInZone(zone: string, operation: string, call: Call): Promise<Operation>
  waitInRegion(region: string, operation: string, call: Call): Promise<Operation>
  getRegionOperation(region: string, operation: string, call: Call): Promise<Operation>
  /** What was done to a machine, by its number. */
  operationsOn(zone: string, number: string, call: Call): Promise<readonly Operation[]>
  get(where: Where, call: Call): Promise<Instance>
  /** In all zones. `filter`: https://cloud.google.com/compute/docs/reference/rest/v1/instances/aggregatedList */
  list(filter: string, call: Call): Promise<Found>
  delete(where: Where, call: Call): Promise<void>
  setMetadata(where: Where, metadata: Metadata, call: Call): Promise<void>
  /** `start`: the byte to begin with. */
  serialPort(
    where: Where,
    start: string,
    call: Call,
  ): Promise<{ readonly contents: string; readonly next: string }>
  image(project: string, name: string, what: 'family' | 'image', call: Call): Promise<Image>
  subnet(place: SubnetPlace, call: Call): Promise<Subnetwork>
  zones(call: Call): Promise<readonly Zone[]>
  /** Of a region; undefined: of the project. */
  quotas(region: string | undefined, call: Call): Promise<readonly Quota[]>
  /** Which of these permissions the caller has on the project, as its Resource Manager API tells where it is enabled. */
  held(permissions: readonly string[], call: Call): Promise<readonly string[]>
}
