import { createHash } from 'node:crypto'
import { _InstanceType } from '@aws-sdk/client-ec2'

export const account = '111122223333'

/** Zones in EC2's own order. `ap-southeast-5` exists and this account has not enabled it. */
export const zonesByRegion: Readonly<Record<string, readonly string[]>> = {
  'us-east-1': ['us-east-1a', 'us-east-1b', 'us-east-1c', 'us-east-1d', 'us-east-1e', 'us-east-1f'],
  'us-west-1': ['us-west-1b', 'us-west-1c'],
  'us-west-2': ['us-west-2a', 'us-west-2b', 'us-west-2c', 'us-west-2d'],
  'eu-west-1': ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
  'eu-north-1': ['eu-north-1a', 'eu-north-1b', 'eu-north-1c'],
  'cn-north-1': ['cn-north-1a', 'cn-north-1b', 'cn-north-1d'],
  'us-gov-west-1': ['us-gov-west-1a', 'us-gov-west-1b', 'us-gov-west-1c'],
}

/** Regions of one partition know nothing of those of another. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}
export const disabledRegions: readonly string[] = ['ap-southeast-5']

const everywhere = Object.values(zonesByRegion).flat()
const modern = everywhere.filter((zone) => zone !== 'us-east-1e')
const zones = (region: string, letters: string): string[] =>
  [...letters].map((letter) => `${region}${letter}`)

/** Families and the zones that sell them, after the public offerings of summer 2026. Families that are not here are sold nowhere. */
const soldIn: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(['t2', 't3', 'm5', 'c5', 'r5'].map((family) => [family, everywhere])),
  ...Object.fromEntries(
    ['m6i', 'm7i', 'c6i', 'c7i', 'r6i', 'm6g', 'm7g', 'c6g', 'c7g', 't4g'].map((family) => [family, modern]),
  ),
  g4dn: modern,
  g4ad: [...zones('us-east-1', 'abcd'), ...zones('us-west-2', 'abc'), ...zones('eu-west-1', 'abc')],
  g5: [
    ...zones('us-east-1', 'abcdf'),
    ...zones('us-west-2', 'abc'),
    ...zones('eu-west-1', 'abc'),
    ...zones('eu-north-1', 'bc'),
  ],
  g5g: [...zones('us-east-1', 'abcdf'), ...zones('us-west-2', 'abc')],
  g6: [...zones('us-east-1', 'abcd'), ...zones('us-west-2', 'abcd'), ...zones('eu-north-1', 'ab')],
  g6e: [...zones('us-east-1', 'abcd'), ...zones('us-west-2', 'abc'), ...zones('eu-north-1', 'c')],
  p3dn: [...zones('us-east-1', 'cd'), ...zones('us-west-2', 'bc'), ...zones('eu-west-1', 'bc')],
  p4d: [...zones('us-east-1', 'abcd'), ...zones('us-west-2', 'abc'), ...zones('eu-west-1', 'abc')],
  p4de: [...zones('us-east-1', 'cd'), ...zones('us-west-2', 'c')],
  p5: [...zones('us-east-1', 'abcd'), 'us-west-1c', ...zones('us-west-2', 'abc'), 'eu-north-1a'],
  p5en: [...zones('us-east-1', 'b'), 'us-west-1c', ...zones('us-west-2', 'c')],
  p6e: [],
  'p6e-gb200': ['us-east-1a'],
}

const types: ReadonlySet<string> = new Set(Object.values(_InstanceType))

export function typeExists(type: string): boolean {
  return types.has(type)
}

/** Zones of a region that sell the type, in EC2's order. */
export function sellers(type: string, region: string): readonly string[] {
  const sold = typeExists(type) ? (soldIn[type.split('.', 1)[0]!] ?? []) : []
  return (zonesByRegion[region] ?? []).filter((zone) => sold.includes(zone))
}

export function allTypes(): readonly string[] {
  return [...types].toSorted()
}

export function architectureOf(type: string): 'x86_64' | 'arm64' {
  const attributes = /^[a-z]+\d+([a-z0-9-]*)\./.exec(type)?.[1] ?? ''
  return attributes.includes('g') || type.startsWith('a1.') ? 'arm64' : 'x86_64'
}

/** Nitro machines give their console as it is now; the ones before give it minutes after the boot. */
export function isNitro(type: string): boolean {
  return !/^(t1|t2|m1|m2|m3|m4|c1|c3|c4|r3|r4|i2|i3|d2|g2|g3|g3s|p2|p3|x1|x1e|f1|h1)\./.test(type)
}

export interface TypeFacts {
  readonly bootModes: readonly ('uefi' | 'legacy-bios')[]
  readonly hypervisor: 'nitro' | 'xen'
  readonly tpm: boolean
  readonly ena: 'required' | 'supported' | 'unsupported'
  readonly ipv6Only: boolean
  readonly virtualization: readonly ('hvm' | 'paravirtual')[]
}

/** After the documentation of 2026: all Nitro types know both modes, save metal, DL1, G4ad, P4, VT1 and some High Memory ones. */
export function factsOf(type: string): TypeFacts {
  const arm = architectureOf(type) === 'arm64'
  const nitro = isNitro(type)
  const legacyOnly = !nitro || /\.metal/.test(type) || /^(dl1|g4ad|p4d|p4de|vt1|u-\d+tb1)\./.test(type)
  return {
    bootModes: arm ? ['uefi'] : legacyOnly ? ['legacy-bios'] : ['legacy-bios', 'uefi'],
    hypervisor: nitro ? 'nitro' : 'xen',
    tpm: nitro && !legacyOnly,
    ena: nitro ? 'required' : /^(t1|t2|m1|m2|m3|c1|c3)\./.test(type) ? 'unsupported' : 'supported',
    ipv6Only: nitro,
    virtualization: /^(t1|m1|m2|m3|c1|c3)\./.test(type) ? ['hvm', 'paravirtual'] : ['hvm'],
  }
}

export interface EmulatedImage {
  readonly id: string
  readonly region: string
  readonly name: string
  readonly owner: string
  readonly alias?: string
  readonly architecture: 'x86_64' | 'arm64' | 'x86_64_mac'
  readonly created: string
  readonly rootDevice: string
  readonly sizeGb: number
  readonly windows?: boolean
  readonly state?: string
  readonly stateReason?: string
  readonly public?: boolean
  /** ISO time; from then on nobody but its owner is shown it without asking for deprecated ones or by id. */
  readonly deprecated?: string
  readonly bootMode?: 'uefi' | 'legacy-bios' | 'uefi-preferred'
  readonly tpm?: boolean
  /** False for images of old: they lack the driver. */
  readonly ena?: boolean
  readonly virtualization?: 'hvm' | 'paravirtual'
  /** Runs on these families alone, as products of the Marketplace do. */
  readonly families?: readonly string[]
  /** Second disk with the image author's own idea of its end. */
  readonly dataDisk?: {
    readonly device: string
    readonly sizeGb: number
    readonly deleteOnTermination: boolean
  }
}

export function idOf(prefix: string, ...parts: readonly string[]): string {
  return `${prefix}-${createHash('sha256').update(parts.join('|')).digest('hex').slice(0, 17)}`
}

type ImageRow = Omit<EmulatedImage, 'id' | 'region'>

const canonical = {
  owner: '099720109477',
  rootDevice: '/dev/sda1',
  sizeGb: 8,
  public: true,
  bootMode: 'uefi-preferred',
} as const
const canonicalElsewhere: Readonly<Record<string, string>> = {
  'aws-cn': '837727238323',
  'aws-us-gov': '513442679011',
}
const deepLearning = {
  owner: '898082745236',
  alias: 'amazon',
  rootDevice: '/dev/sda1',
  public: true,
} as const

const ubuntu = (architecture: 'amd64' | 'arm64', day: string): ImageRow => ({
  ...canonical,
  name: `ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-${architecture}-server-${day}`,
  architecture: architecture === 'amd64' ? 'x86_64' : 'arm64',
  created: `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T08:00:00.000Z`,
})

const imageRows: readonly ImageRow[] = [
  ubuntu('amd64', '20261015'),
  ubuntu('amd64', '20261112'),
  ubuntu('amd64', '20260901'),
  ubuntu('arm64', '20261112'),
  {
    ...canonical,
    name: 'ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20230516',
    architecture: 'x86_64',
    created: '2023-05-16T08:00:00.000Z',
    deprecated: '2025-05-16T08:00:00.000Z',
  },
  // The name of a default image, newer, by somebody else: what a search by name alone would start.
  { ...ubuntu('amd64', '20261120'), owner: '666666666666' },
  {
    ...deepLearning,
    name: 'Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 24.04) 20261103',
    architecture: 'x86_64',
    created: '2026-11-03T10:00:00.000Z',
    sizeGb: 75,
  },
  {
    ...deepLearning,
    name: 'Deep Learning ARM64 Base OSS Nvidia Driver GPU AMI (Ubuntu 24.04) 20261103',
    architecture: 'arm64',
    created: '2026-11-03T11:00:00.000Z',
    sizeGb: 65,
  },
  {
    ...deepLearning,
    name: 'Windows_Server-2025-English-Full-Base-2026.11.01',
    owner: '801119661308',
    architecture: 'x86_64',
    created: '2026-11-01T00:00:00.000Z',
    sizeGb: 30,
    windows: true,
  },
  {
    ...deepLearning,
    name: 'amzn-ec2-macos-26.1',
    owner: '628277914472',
    architecture: 'x86_64_mac',
    created: '2026-11-01T00:00:00.000Z',
    sizeGb: 100,
  },
  {
    name: 'training-box',
    owner: account,
    architecture: 'x86_64',
    created: '2026-10-01T00:00:00.000Z',
    rootDevice: '/dev/xvda',
    sizeGb: 120,
    dataDisk: { device: '/dev/sdf', sizeGb: 200, deleteOnTermination: false },
  },
]

const proprietary: ImageRow = {
  ...deepLearning,
  name: 'Deep Learning Base Proprietary Nvidia Driver GPU AMI (Ubuntu 20.04) 20250501',
  architecture: 'x86_64',
  created: '2025-05-01T10:00:00.000Z',
  sizeGb: 65,
}

/** The images of every region; the proprietary driver's only in us-east-1. */
export function startingImages(): EmulatedImage[] {
  return Object.keys(zonesByRegion).flatMap((region) =>
    [...imageRows, ...(region === 'us-east-1' ? [proprietary] : [])].map((row) => ({
      ...row,
      owner: (row.owner === canonical.owner && canonicalElsewhere[partitionOf(region)]) || row.owner,
      region,
      id: idOf('ami', region, row.owner, row.name),
    })),
  )
}
