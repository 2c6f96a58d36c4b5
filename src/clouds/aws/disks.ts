import { quote } from '../../options/problem.ts'
import type { MachineRequest } from '../cloud.ts'

/** What is asked of the root disk. */
export interface DiskWish {
  readonly type: DiskType
  readonly iops?: number
  /** MiB per second. */
  readonly throughput?: number
}

interface Range {
  readonly least: number
  readonly most: number
}

interface DiskRow {
  /** GB. */
  readonly size: Range
  /** Absent where it follows from the size. */
  readonly iops?: Range & { readonly perGb: number }
  readonly throughput?: Range
  /** It has no number of operations of its own, so that one must be given. */
  readonly needsIops?: true
}

/**
 * Kinds of disks that a machine can start from. Source: EBS user guide, "Amazon EBS volume types" (gp3's limits are those since September 2025;
 * unverified: whether every region has them; EC2's own refusal then names the option).
 */
const disks = {
  gp3: {
    size: { least: 1, most: 65_536 },
    iops: { least: 3_000, most: 80_000, perGb: 500 },
    throughput: { least: 125, most: 2_000 },
  },
  gp2: { size: { least: 1, most: 16_384 } },
  io1: { size: { least: 4, most: 16_384 }, iops: { least: 100, most: 64_000, perGb: 50 }, needsIops: true },
  io2: {
    size: { least: 4, most: 65_536 },
    iops: { least: 100, most: 256_000, perGb: 1_000 },
    needsIops: true,
  },
  standard: { size: { least: 1, most: 1_024 } },
} as const satisfies Record<string, DiskRow>

type DiskType = keyof typeof disks

/** Most MiB per second for each operation per second that is given. */
const throughputPerIops = 0.25

export function parseDisk(
  { diskGb, disk }: Pick<MachineRequest, 'diskGb' | 'disk'>,
  problems: Set<string>,
): DiskWish {
  const { type: word = 'gp3', iops, throughput } = disk ?? {}
  const name = word.toLowerCase()
  if (!isType(name)) {
    problems.add(
      `cloud-hdd-type: EC2 starts no machine from ${quote(word)}; valid: ${Object.keys(disks).join(', ')}.`,
    )
    return { type: 'gp3' }
  }
  const row: DiskRow = disks[name]
  const found = [
    problemOf('cloud-hdd-size', diskGb, row.size, name),
    problemOf('cloud-hdd-iops', iops, row.iops, name),
    problemOf('cloud-hdd-throughput', throughput, row.throughput, name),
  ]
  for (const problem of found) if (problem) problems.add(problem)
  if (row.needsIops && iops === undefined) problems.add(`cloud-hdd-type: ${name} needs cloud-hdd-iops too.`)
  const allowed = throughputPerIops * (iops ?? row.iops?.least ?? 0)
  if (throughput !== undefined && row.throughput && throughput > allowed)
    problems.add(
      `cloud-hdd-throughput: ${throughput} MiB per second take at least ${Math.ceil(throughput / throughputPerIops)} in cloud-hdd-iops.`,
    )
  return {
    type: name,
    ...(iops === undefined ? {} : { iops }),
    ...(throughput === undefined ? {} : { throughput }),
  }
}

function isType(name: string): name is DiskType {
  return Object.hasOwn(disks, name)
}

function problemOf(
  option: string,
  value: number | undefined,
  range: Range | undefined,
  type: string,
): string | undefined {
  if (value === undefined) return undefined
  if (!range) return `${option}: ${type} has none to choose; leave it out, or give another cloud-hdd-type.`
  return value >= range.least && value <= range.most
    ? undefined
    : `${option}: ${value} was given, and ${type} has ${range.least} to ${range.most}.`
}

/** The disk's size decides how many operations it takes; known once the image is. */
export function checkRatio({ type, iops }: DiskWish, gb: number, problems: Set<string>): void {
  const row: DiskRow = disks[type]
  if (iops === undefined || !row.iops) return
  const most = Math.max(row.iops.least, gb * row.iops.perGb)
  if (iops > most)
    problems.add(
      `cloud-hdd-iops: ${type} of ${gb} GB takes at most ${most}; ${iops} take a cloud-hdd-size of ${Math.ceil(iops / row.iops.perGb)}.`,
    )
}
