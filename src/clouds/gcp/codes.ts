import type { FailureKind } from '../../model/failure.ts'

/**
 * What else a refusal holds for, so that it is not asked again: `pool`, this type and market in its zone; `quota`, what the message names in the region;
 * `type`, this type in its zone; `zone`, the zone; `region`, everything in the region; `market`, its market everywhere.
 */
export type Reach = 'pool' | 'quota' | 'type' | 'zone' | 'region' | 'market'

/** What an answer of Compute Engine means here. */
export interface CodeRow {
  readonly kind: FailureKind
  readonly why?: string
  readonly fix?: string
  /** Undefined for what is about nothing but the call itself. */
  readonly reach?: Reach
}

const noCapacity: CodeRow = {
  kind: 'capacity-unavailable',
  why: 'Compute Engine has no machine of this type left there at this moment.',
  fix: 'name more places or types (`cloud-region` and `cloud-type` take lists), add `cloud-spot-fallback` to a spot launch, or try again later.',
  reach: 'pool',
}

const quota: CodeRow = {
  kind: 'quota-exceeded',
  why: 'The quota that is named is used up, or was never raised from zero. GPUs have one for each model and region, and GPUS_ALL_REGIONS for all together.',
  fix: 'ask for more at https://console.cloud.google.com/iam-admin/quotas, or name another type, market or region.',
  reach: 'quota',
}

const noAddress: CodeRow = {
  kind: 'capacity-unavailable',
  why: 'The subnet has no free address left.',
  fix: 'name another subnet in `cloud-gcp-subnet`, or widen this one.',
  reach: 'region',
}

const busy: CodeRow = {
  kind: 'rate-limited',
  why: "The project's request rate at Compute Engine is exceeded; repeating the request did not help.",
  fix: 'try again in a minute; look for other programs that poll Compute Engine in this project.',
}

const broken: CodeRow = {
  kind: 'unavailable',
  why: 'Compute Engine itself failed; repeating the request did not help.',
  fix: 'try again later; see https://status.cloud.google.com.',
}

const noPermission: CodeRow = { kind: 'permission-denied' }

const noApi: CodeRow = {
  kind: 'permission-denied',
  why: 'The Compute Engine API is not enabled in the project, or the project has no billing account.',
  fix: 'enable it: gcloud services enable compute.googleapis.com --project PROJECT; where it is, look at the project’s billing.',
}

export const credentials = 'credentials' as const

/**
 * By the `reason` of an HTTP answer or the code of an operation's error. A code that is not here is a refusal of the one thing that was asked for. Sources:
 * https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-resource-availability, …/api-errors, and answers that people have reported.
 */
export const codes: Readonly<Record<string, CodeRow | typeof credentials>> = {
  ZONE_RESOURCE_POOL_EXHAUSTED: noCapacity,
  ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS: noCapacity,
  RESOURCE_POOL_EXHAUSTED: noCapacity,
  RESOURCE_AVAILABILITY: noCapacity,
  VM_MIN_COUNT_NOT_REACHED: {
    ...noCapacity,
    why: 'No zone of the region could give the machine. The call for a whole region does not tell why: mostly want of capacity, else something that a zone named by itself would tell.',
    fix: 'name a zone in `cloud-region` to hear its reason, or name more places or types.',
  },
  IP_SPACE_EXHAUSTED: noAddress,
  IP_SPACE_EXHAUSTED_WITH_DETAILS: noAddress,

  QUOTA_EXCEEDED: quota,
  quotaExceeded: quota,
  CONSUMER_QUOTA_EXCEEDED: quota,

  rateLimitExceeded: busy,
  userRateLimitExceeded: busy,
  RATE_LIMIT_EXCEEDED: busy,
  OPERATION_RATE_EXCEEDED: busy,
  concurrentLimitExceeded: busy,

  backendError: broken,
  internalError: broken,
  serviceUnavailable: broken,
  INTERNAL_ERROR: broken,
  resourceNotReady: broken,
  RESOURCE_NOT_READY: broken,

  forbidden: noPermission,
  insufficientPermissions: {
    kind: 'permission-denied',
    why: 'The credentials are limited by access scopes: those of the machine that this job runs on, mostly.',
    fix: 'give that machine the scope cloud-platform, or the job credentials of its own.',
  },
  PERMISSIONS_ERROR: noPermission,
  accessNotConfigured: noApi,
  SERVICE_DISABLED: noApi,
  BILLING_DISABLED: noApi,
  authError: credentials,
  required: credentials,
  UNAUTHENTICATED: credentials,
}

interface TextRow {
  readonly says: RegExp
  readonly row: CodeRow
}

const elsewhere = (why: string, fix: string, reach: Reach): CodeRow => ({
  kind: 'failed-precondition',
  why,
  fix,
  reach,
})

/**
 * `invalid`, `notFound` and `conditionNotMet` cover mistakes of quite different people, and only their text tells them apart. The first row that fits
 * counts. Exact words may change, so patterns name the thing, not the sentence.
 */
export const textRows: readonly TextRow[] = [
  {
    says: /constraints?\/compute\.vmExternalIpAccess/i,
    row: {
      kind: 'failed-precondition',
      why: 'An organisation policy keeps public addresses from machines here.',
      fix: 'set `cloud-public-address: never`; the subnet then needs a Cloud NAT for its way out.',
    },
  },
  {
    says: /constraints?\/(gcp\.resourceLocations)|location(s)? (is|are) not allowed|violates? .*resourceLocations/i,
    row: elsewhere(
      'An organisation policy allows machines in other places only.',
      'name another place in `cloud-region`.',
      'region',
    ),
  },
  {
    says: /constraints?\/compute\.trustedImageProjects/i,
    row: elsewhere(
      'An organisation policy allows images of certain projects only.',
      'name an image of one of them in `cloud-image`, or have the project of this image allowed.',
      'region',
    ),
  },
  {
    says: /constraints?\/[a-z]+\.\w+/i,
    row: {
      kind: 'failed-precondition',
      why: 'An organisation policy of the project forbids it; the name after constraints/ says which.',
      fix: 'ask whoever manages the organisation’s policies, or launch in another project.',
    },
  },
  {
    says: /access to service account|iam\.serviceAccounts\.actAs|serviceAccountUser/i,
    row: {
      kind: 'permission-denied',
      why: 'Handing a service account to a machine (`cloud-permission-set`) needs iam.serviceAccounts.actAs on that account.',
      fix: 'gcloud iam service-accounts add-iam-policy-binding ACCOUNT --member=MEMBER --role=roles/iam.serviceAccountUser',
    },
  },
  {
    says: /serviceAccount' was not found|service account .*(not found|does not exist)/is,
    row: {
      kind: 'invalid-input',
      why: 'There is no such service account.',
      fix: 'correct `cloud-permission-set`.',
    },
  },
  {
    says: /machine ?type/i,
    row: elsewhere(
      'There is no such machine type, or that zone does not sell it.',
      'correct `cloud-type`, or name another place. What a zone sells: gcloud compute machine-types list --zones ZONE',
      'type',
    ),
  },
  {
    says: /acceleratorTypes?|accelerator type/i,
    row: elsewhere(
      'There is no such accelerator, or that zone does not sell it, or not with this machine type.',
      'correct `cloud-type` or `cloud-gpu`, or name another place. What is sold where: gcloud compute accelerator-types list',
      'type',
    ),
  },
  {
    says: /stack ?type/i,
    row: elsewhere(
      'The subnet has no IPv4, and the machine was ordered with one: whether it has is only known where the subnet may be read.',
      'give these credentials compute.subnetworks.get, or name another subnet in `cloud-gcp-subnet`.',
      'region',
    ),
  },
  {
    says: /subnetworks?|subnet/i,
    row: elsewhere(
      'There is no such subnet in that region, or these credentials may not use it.',
      'correct `cloud-gcp-subnet`; what there is: gcloud compute networks subnets list',
      'region',
    ),
  },
  {
    says: /global\/networks\/|\bnetworks?\b/i,
    row: elsewhere(
      'The project has no network “default”, or the network has no subnet in that region.',
      'name a subnet in `cloud-gcp-subnet`; what there is: gcloud compute networks subnets list',
      'region',
    ),
  },
  {
    says: /diskTypes?|disk type|\bdisks?\b/i,
    row: elsewhere(
      'The machine does not start from such a disk, or the zone has none.',
      'correct `cloud-hdd-type`, `cloud-hdd-size`, `cloud-hdd-iops` or `cloud-hdd-throughput`.',
      'type',
    ),
  },
  {
    says: /\bzones?\b.*(not found|does not exist|unknown)|unknown zone|\/zones\/[a-z0-9-]+' was not found/i,
    row: elsewhere(
      'There is no such zone, or it is closed to this project.',
      'correct `cloud-region`; what there is: gcloud compute zones list',
      'zone',
    ),
  },
]

const vague: ReadonlySet<string> = new Set(
  [
    'invalid invalidParameter badRequest notFound RESOURCE_NOT_FOUND INVALID_USAGE INVALID_FIELD_VALUE',
    'UNSUPPORTED_OPERATION CONDITION_NOT_MET conditionNotMet preconditionFailed SERVICE_ACCOUNT_ACCESS_DENIED invalidUsage',
  ].flatMap((line) => line.split(' ')),
)

/** What is known of an answer; undefined where no table knows it. */
export function rowOf(code: string, message = ''): CodeRow | typeof credentials | undefined {
  if (Object.hasOwn(codes, code)) return codes[code]
  return vague.has(code) ? textRows.find(({ says }) => says.test(message))?.row : undefined
}
