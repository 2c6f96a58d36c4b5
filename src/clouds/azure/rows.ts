import { codes, noImage, noTerms, quotaOf, type CodeRow, type Reach } from './codes.ts'

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
 * OperationNotAllowed, InvalidParameter, BadRequest and NotFound cover mistakes of quite different people, and only their text tells them apart. The first row that fits
 * counts.
 */
export const textRows: readonly TextRow[] = [
  {
    says: /LowPriorityCores|low.?priority.*quota|spot.*quota/i,
    row: quotaOf('cores of spot machines', 'market'),
  },
  {
    says: /Total Regional (Cores|vCPUs).*quota|quota limits? of Core\b/is,
    row: quotaOf('cores of the region', 'region'),
  },
  { says: /quota/i, row: quotaOf('cores of that family', 'family') },
  {
    says: /public ?ip/i,
    row: {
      kind: 'failed-precondition',
      why: 'A policy or a limit keeps public addresses from machines here.',
      fix: 'set `cloud-public-address: never`; the subnet then needs a NAT gateway for its way out.',
    },
  },
  {
    says: /requires? plan|plan information|legal terms|marketplace/i,
    row: noTerms,
  },
  {
    says: /Hypervisor Generation|generation ['"]?[12]/i,
    row: elsewhere(
      'The size does not start images of that generation.',
      'name another size in `cloud-type`, or an image of the other generation in `cloud-image`.',
      'size',
    ),
  },
  {
    says: /virtualNetworks|subnet/i,
    row: elsewhere(
      'There is no such subnet in that region, or these credentials may not use it.',
      'correct `cloud-azure-subnet`; what there is: az network vnet list --output table',
      'region',
    ),
  },
  {
    says: /userAssignedIdentities|user assigned identit/i,
    row: {
      kind: 'invalid-input',
      why: 'There is no such managed identity.',
      fix: 'correct `cloud-permission-set`; what there is: `az identity list --output table`',
    },
  },
  {
    says: /vmSize|VM size|hardwareProfile/i,
    row: elsewhere(
      'There is no such size, or that region does not sell it.',
      'correct `cloud-type`, or name another region. What is sold: az vm list-skus --location REGION --resource-type virtualMachines --output table',
      'size',
    ),
  },
  { says: /image/i, row: noImage },
  {
    says: /disk/i,
    row: elsewhere(
      'The machine does not start from such a disk.',
      'correct `cloud-hdd-type` or `cloud-hdd-size`.',
      'size',
    ),
  },
  {
    says: /zone/i,
    row: elsewhere(
      'The region has no such zone, or the size is not sold there.',
      'correct `cloud-region`.',
      'pool',
    ),
  },
]

const vague: ReadonlySet<string> = new Set([
  'OperationNotAllowed',
  'InvalidParameter',
  'BadRequest',
  'InvalidRequestContent',
  'NotFound',
  'ResourceNotFound',
  'InvalidResourceReference',
  'PropertyChangeNotAllowed',
  'Conflict',
  'FailedIdentityOperation',
  'InvalidAvailabilityZone',
  'ZonesNotAvailable',
])

/** What is known of an answer; undefined where no table knows it. */
export function rowOf(code: string, message = ''): CodeRow | undefined {
  if (Object.hasOwn(codes, code)) return codes[code]
  return vague.has(code) ? textRows.find(({ says }) => says.test(message))?.row : undefined
}
