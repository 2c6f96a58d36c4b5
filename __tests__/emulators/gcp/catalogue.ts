import { parseType } from '../../../src/clouds/gcp/machine-type.ts'

/** Zones of some regions. https://cloud.google.com/compute/docs/regions-zones */
export const zonesByRegion: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries({
    'us-west1': 'abc',
    'us-east1': 'bcd',
    'us-central1': 'abcf',
    'europe-west1': 'bcd',
    'europe-north1': 'abc',
    'europe-west4': 'abc',
  }).map(([region, letters]) => [region, [...letters].map((letter) => `${region}-${letter}`)]),
)

/** Where accelerators can be attached (as of 2026-08; https://cloud.google.com/compute/docs/gpus/gpu-regions-zones). */
const acceleratorZones: Readonly<Record<string, readonly string[]>> = {
  'nvidia-tesla-t4': [
    'us-west1-a',
    'us-west1-b',
    'us-east1-c',
    'us-east1-d',
    'us-central1-a',
    'us-central1-b',
    'us-central1-f',
    'europe-west1-b',
    'europe-west1-c',
    'europe-west1-d',
    'europe-west4-a',
    'europe-west4-b',
    'europe-west4-c',
  ],
  'nvidia-tesla-v100': [
    'us-west1-a',
    'us-west1-b',
    'us-central1-a',
    'us-central1-b',
    'us-central1-f',
    'europe-west4-a',
  ],
}

/** Families that are not sold everywhere: the regions that sell them. */
const familyRegions: Readonly<Record<string, readonly string[]>> = {
  a2: ['us-west1', 'us-east1', 'us-central1', 'europe-west4'],
  a3: ['us-west1', 'us-east1', 'us-central1', 'europe-west1', 'europe-west4'],
  g2: ['us-west1', 'us-east1', 'us-central1', 'europe-west1', 'europe-west4'],
  g4: ['us-central1', 'us-east1', 'us-west1', 'europe-west1', 'europe-north1'],
  t2a: ['us-central1', 'europe-west4'],
}

const families = /^(a2|a3|a4|c2|c2d|c3|c3d|c4|c4a|c4d|e2|f1|g1|g2|g4|h3|m1|m3|n1|n2|n2d|n4|t2a|t2d|custom)-/
const shapes =
  /-(micro|small|medium|(standard|highmem|highcpu)-\d+|custom-\d+-\d+(-ext)?|(high|ultra|mega)gpu-\d+g|\d+-\d+(-ext)?)$/

export function sellsMachine(machine: string, zone: string): boolean {
  const [family = ''] = machine.split('-')
  const regions = familyRegions[family]
  return (
    families.test(machine) &&
    shapes.test(machine) &&
    (regions === undefined || regions.some((region) => zone.startsWith(`${region}-`)))
  )
}

export function sellsAccelerator(accelerator: string, zone: string): boolean {
  return acceleratorZones[accelerator]?.includes(zone) ?? false
}

/** How many of one model a machine takes. */
export function takesCount(accelerator: string, count: number): boolean {
  return (accelerator === 'nvidia-tesla-t4' ? [1, 2, 4] : [1, 2, 4, 8]).includes(count)
}

/** Does a zone sell the type, in the notation of `cloud-type`? */
export function sells(type: string, zone: string): boolean {
  const parsed = parseType(type)
  if (!parsed || !sellsMachine(parsed.machine, zone)) return false
  return parsed.attached === undefined || sellsAccelerator(parsed.attached.accelerator, zone)
}

export interface EmulatedImage {
  readonly project: string
  readonly name: string
  readonly family: string | undefined
  readonly architecture: 'X86_64' | 'ARM64'
  readonly diskSizeGb: number
  /** Unix ms. */
  readonly createdAt: number
  readonly deprecated?: { readonly state: string; readonly replacement?: string }
}

/** Projects whose images everybody may use. */
export const publicProjects: ReadonlySet<string> = new Set([
  'ubuntu-os-cloud',
  'ubuntu-os-accelerator-images',
  'debian-cloud',
  'deeplearning-platform-release',
])

const createdAt = Date.parse('2026-08-05T12:00:00Z')

export function startingImages(project: string): EmulatedImage[] {
  const image = (
    owner: string,
    family: string | undefined,
    name: string,
    more: Partial<EmulatedImage> = {},
  ): EmulatedImage => ({
    project: owner,
    family,
    name,
    architecture: 'X86_64',
    diskSizeGb: 10,
    createdAt,
    ...more,
  })
  return [
    image('ubuntu-os-cloud', 'ubuntu-2404-lts-amd64', 'ubuntu-2404-noble-amd64-v20260701', {
      createdAt: createdAt - 1,
    }),
    image('ubuntu-os-cloud', 'ubuntu-2404-lts-amd64', 'ubuntu-2404-noble-amd64-v20260805'),
    image('ubuntu-os-cloud', 'ubuntu-2404-lts-arm64', 'ubuntu-2404-noble-arm64-v20260805', {
      architecture: 'ARM64',
    }),
    image('ubuntu-os-cloud', 'ubuntu-2204-lts', 'ubuntu-2204-jammy-v20260805'),
    image(
      'ubuntu-os-accelerator-images',
      'ubuntu-accelerator-2404-amd64-with-nvidia-580',
      'ubuntu-accelerator-2404-amd64-with-nvidia-580-v20260805',
      { diskSizeGb: 20 },
    ),
    image(
      'ubuntu-os-accelerator-images',
      'ubuntu-accelerator-2404-arm64-with-nvidia-580',
      'ubuntu-accelerator-2404-arm64-with-nvidia-580-v20260805',
      { diskSizeGb: 20, architecture: 'ARM64' },
    ),
    image('debian-cloud', 'debian-12', 'debian-12-bookworm-v20260805'),
    image(project, 'training', 'training-v3', { diskSizeGb: 60 }),
    image(project, 'training', 'training-v2', {
      deprecated: {
        state: 'DEPRECATED',
        replacement: `https://www.googleapis.com/compute/v1/projects/${project}/global/images/training-v3`,
      },
    }),
    image(project, 'training', 'training-v1', { deprecated: { state: 'OBSOLETE' } }),
    image(project, undefined, 'training-arm', { architecture: 'ARM64', diskSizeGb: 20 }),
  ]
}

export interface EmulatedSubnet {
  readonly project: string
  readonly region: string
  readonly name: string
  readonly network: string
  /** It has no IPv4, and addresses of the internet (external) or of its own network. */
  readonly ipv6Only?: 'EXTERNAL' | 'INTERNAL'
}
