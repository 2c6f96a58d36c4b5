import { quote } from '../../options/problem.ts'
import type { MachineRequest } from '../cloud.ts'

/** Kinds of managed disks that a machine can start from. https://learn.microsoft.com/azure/virtual-machines/disks-types */
const kinds = ['Standard_LRS', 'StandardSSD_LRS', 'Premium_LRS', 'StandardSSD_ZRS', 'Premium_ZRS'] as const

/** Every size takes it. */
const usualKind = 'StandardSSD_LRS'

/** GB of a disk that a machine starts from. */
const mostGb = 4095

/** The disk's kind in Azure's spelling. */
export function parseDisk(
  { diskGb, disk }: Pick<MachineRequest, 'diskGb' | 'disk'>,
  problems: Set<string>,
): string {
  const { type, iops, throughput } = disk ?? {}
  const kind = kinds.find((known) => known.toLowerCase() === type?.toLowerCase())
  if (type !== undefined && !kind)
    problems.add(`cloud-hdd-type: Azure starts no machine from ${quote(type)}; valid: ${kinds.join(', ')}.`)
  if (diskGb > mostGb)
    problems.add(
      `cloud-hdd-size: ${diskGb} was given, and a disk that a machine starts from has at most ${mostGb}.`,
    )
  if (iops !== undefined)
    problems.add('cloud-hdd-iops: the size of a disk decides its speed on Azure; leave it out.')
  if (throughput !== undefined)
    problems.add('cloud-hdd-throughput: the size of a disk decides its speed on Azure; leave it out.')
  return kind ?? usualKind
}
