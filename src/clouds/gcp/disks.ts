import { quote } from '../../options/problem.ts'
import type { MachineRequest } from '../cloud.ts'

/** What is asked of the disk; without a type the machine's family decides. */
export interface DiskWish {
  readonly type?: string
  readonly iops?: number
  /** MiB per second. */
  readonly throughput?: number
}

interface DiskRow {
  /** It takes a number of operations, and of MiB per second. */
  readonly iops?: true
  readonly throughput?: true
  /** Else the image's own size decides. */
  readonly leastGb?: number
}

/** Kinds of disks that a machine can start from. https://cloud.google.com/compute/docs/disks and …/hyperdisks */
const disks: Readonly<Record<string, DiskRow>> = {
  'pd-balanced': {},
  'pd-ssd': {},
  'pd-standard': {},
  'pd-extreme': { iops: true, leastGb: 500 },
  'hyperdisk-balanced': { iops: true, throughput: true },
  'hyperdisk-extreme': { iops: true, leastGb: 64 },
}

const mostGb = 65_536

export function parseDisk(
  { diskGb, disk }: Pick<MachineRequest, 'diskGb' | 'disk'>,
  problems: Set<string>,
): DiskWish {
  const { iops, throughput } = disk ?? {}
  const type = disk?.type?.toLowerCase()
  const row = type === undefined ? undefined : Object.hasOwn(disks, type) ? disks[type] : undefined
  if (type !== undefined && !row)
    problems.add(
      `cloud-hdd-type: Compute Engine starts no machine from ${quote(disk?.type ?? '')}; valid: ${Object.keys(disks).join(', ')}.`,
    )
  const leastGb = row?.leastGb ?? 1
  if (diskGb < leastGb || diskGb > mostGb)
    problems.add(`cloud-hdd-size: ${diskGb} was given, and ${type ?? 'a disk'} has ${leastGb} to ${mostGb}.`)
  checkSpeed('cloud-hdd-iops', iops, Boolean(row?.iops), problems)
  checkSpeed('cloud-hdd-throughput', throughput, Boolean(row?.throughput), problems)
  return {
    ...(type === undefined ? {} : { type }),
    ...(iops === undefined ? {} : { iops }),
    ...(throughput === undefined ? {} : { throughput }),
  }
}

function checkSpeed(option: string, value: number | undefined, taken: boolean, problems: Set<string>): void {
  if (value === undefined || taken) return
  const what = option === 'cloud-hdd-iops' ? 'iops' : 'throughput'
  const takers = Object.entries(disks).filter(([, row]) => row[what])
  problems.add(
    `${option}: only ${takers.map(([type]) => type).join(', ')} ${takers.length > 1 ? 'have' : 'has'} one to choose; give cloud-hdd-type too.`,
  )
}
