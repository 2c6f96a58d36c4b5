/** What a GPU word means on Compute Engine, by generic size: one, four and eight GPUs. */
export interface GpuRow {
  /** As people write it: `NVIDIA L4`. */
  readonly title: string
  /** The accelerator's own name: `nvidia-l4`. */
  readonly accelerator: string
  /** Its machines bring it along; else it is attached to an N1 machine. */
  readonly builtIn?: true
  readonly m: readonly string[]
  readonly l: readonly string[]
  readonly xl: readonly string[]
  /** Said once when the row is used: hardware that is no longer sold, or sold in other pieces than asked. */
  readonly note?: { readonly sizes: readonly GenericSize[]; readonly text: string }
}

export const genericSizes = ['s', 'm', 'l', 'xl'] as const
export type GenericSize = (typeof genericSizes)[number]

/** Friendly regions as CML named them: zones. The rest of the zone's region is tried after it. */
export const genericRegions: Readonly<Record<string, string>> = {
  'us-east': 'us-east1-c',
  'us-west': 'us-west1-b',
  'eu-west': 'europe-west1-d',
  'eu-north': 'europe-north1-a',
}

/** Sizes without a GPU: 2/2, 8/32, 32/128 and 64/256 vCPU/GB; each list is tried in order. */
export const plainSizes: Readonly<Record<GenericSize, readonly string[]>> = {
  s: ['e2-small'],
  m: ['e2-standard-8', 'n2-standard-8', 'n2d-standard-8'],
  l: ['e2-standard-32', 'n2-standard-32', 'n2d-standard-32'],
  xl: ['n2-standard-64', 'n2d-standard-64'],
}

const everySize = ['m', 'l', 'xl'] as const

const l4 = { m: ['g2-standard-8', 'g2-standard-4'], l: ['g2-standard-48'], xl: ['g2-standard-96'] } as const

/**
 * GPU models. Sources: https://cloud.google.com/compute/docs/gpus and, for what is sold in which region, the price list that comes with this program
 * (2026-08-06). N1 machines take one, two or four T4, and one, two, four or eight V100.
 */
export const gpus: Readonly<Record<string, GpuRow>> = {
  t4: {
    title: 'NVIDIA T4',
    accelerator: 'nvidia-tesla-t4',
    m: ['n1-standard-4+nvidia-tesla-t4*1'],
    l: ['n1-standard-32+nvidia-tesla-t4*4'],
    xl: l4.xl,
    note: {
      sizes: ['xl'],
      text: 'Compute Engine attaches at most four T4 to a machine: eight L4 (g2-standard-96) are asked for instead.',
    },
  },
  l4: { title: 'NVIDIA L4', accelerator: 'nvidia-l4', builtIn: true, ...l4 },
  a100: {
    title: 'NVIDIA A100',
    accelerator: 'nvidia-tesla-a100',
    builtIn: true,
    m: ['a2-highgpu-1g', 'a2-ultragpu-1g'],
    l: ['a2-highgpu-4g', 'a2-ultragpu-4g'],
    xl: ['a2-highgpu-8g', 'a2-ultragpu-8g'],
  },
  h100: {
    title: 'NVIDIA H100',
    accelerator: 'nvidia-h100-80gb',
    builtIn: true,
    m: ['a3-highgpu-1g'],
    l: ['a3-highgpu-4g'],
    xl: ['a3-highgpu-8g'],
    note: {
      sizes: ['m', 'l'],
      text: 'Compute Engine sells fewer than eight H100 as spot machines only: give cloud-spot with them.',
    },
  },
  h200: {
    title: 'NVIDIA H200',
    accelerator: 'nvidia-h200-141gb',
    builtIn: true,
    m: ['a3-ultragpu-8g'],
    l: ['a3-ultragpu-8g'],
    xl: ['a3-ultragpu-8g'],
    note: {
      sizes: ['m', 'l'],
      text: 'Compute Engine sells H200 GPUs only eight at a time: a3-ultragpu-8g is asked for.',
    },
  },
  v100: {
    title: 'NVIDIA V100',
    accelerator: 'nvidia-tesla-v100',
    m: ['n1-standard-8+nvidia-tesla-v100*1', ...l4.m],
    l: ['n1-standard-32+nvidia-tesla-v100*4', ...l4.l],
    xl: ['n1-standard-64+nvidia-tesla-v100*8', ...l4.xl],
    note: {
      sizes: everySize,
      text: 'Few zones still sell V100 GPUs: where there is none, the nearest model sold is asked for, L4 (g2).',
    },
  },
  k80: {
    title: 'NVIDIA K80',
    accelerator: 'nvidia-tesla-k80',
    m: ['n1-standard-4+nvidia-tesla-t4*1'],
    l: ['n1-standard-32+nvidia-tesla-t4*4'],
    xl: l4.xl,
    note: {
      sizes: everySize,
      text: 'Compute Engine no longer sells K80 GPUs: the T4 is asked for instead, and for xl the L4 (g2-standard-96).',
    },
  },
  a10g: {
    title: 'NVIDIA A10G',
    accelerator: 'nvidia-a10g',
    builtIn: true,
    ...l4,
    note: {
      sizes: everySize,
      text: 'Compute Engine sells no A10G GPUs: the nearest, L4 (g2), is asked for instead.',
    },
  },
  l40s: {
    title: 'NVIDIA L40S',
    accelerator: 'nvidia-l40s',
    builtIn: true,
    m: ['g4-standard-48'],
    l: ['g4-standard-192'],
    xl: ['g4-standard-384'],
    note: {
      sizes: everySize,
      text: 'Compute Engine sells no L40S GPUs: the nearest, RTX PRO 6000 (g4), is asked for instead.',
    },
  },
}

/** Other words for the GPUs above. CML took `tesla` for V100. */
export const gpuAliases: Readonly<Record<string, string>> = { tesla: 'v100', a10: 'a10g' }

/** Accelerators that are no longer sold, and what is nearest. */
export const retiredAccelerators: Readonly<Record<string, string>> = {
  'nvidia-tesla-k80': 'nvidia-tesla-t4',
  'nvidia-tesla-p100': 'nvidia-tesla-t4 or g2 machines (L4)',
  'nvidia-tesla-p4': 'nvidia-tesla-t4',
}

/** What differs from family to family. https://cloud.google.com/compute/docs/machine-resource */
export interface Family {
  readonly gpu?: true
  readonly arm?: true
  /** It starts from Hyperdisk alone. */
  readonly hyperdisk?: true
  /** It cannot be moved to another host while it runs. */
  readonly fixed?: true
}

export const families: Readonly<Record<string, Family>> = {
  a2: { gpu: true, fixed: true },
  a3: { gpu: true, fixed: true },
  a4: { gpu: true, fixed: true, hyperdisk: true },
  a4x: { gpu: true, fixed: true, hyperdisk: true, arm: true },
  c4: { hyperdisk: true },
  c4a: { hyperdisk: true, arm: true },
  c4d: { hyperdisk: true },
  g2: { gpu: true, fixed: true },
  g4: { gpu: true, fixed: true, hyperdisk: true },
  h3: { fixed: true },
  h4d: { fixed: true, hyperdisk: true },
  m4: { hyperdisk: true },
  n4: { hyperdisk: true },
  n4a: { hyperdisk: true, arm: true },
  n4d: { hyperdisk: true },
  t2a: { arm: true, fixed: true },
  x4: { hyperdisk: true, fixed: true },
}

/** A default image: always a project and a family, because a family alone may be anybody's. */
export interface ImageSource {
  readonly project: string
  readonly family: string
}

/** Canonical's Ubuntu 24.04, and Google's own build of it with NVIDIA's driver. https://cloud.google.com/compute/docs/images/os-details */
export const defaultImages = {
  'plain x64': { project: 'ubuntu-os-cloud', family: 'ubuntu-2404-lts-amd64' },
  'plain arm64': { project: 'ubuntu-os-cloud', family: 'ubuntu-2404-lts-arm64' },
  'gpu x64': {
    project: 'ubuntu-os-accelerator-images',
    family: 'ubuntu-accelerator-2404-amd64-with-nvidia-580',
  },
  'gpu arm64': {
    project: 'ubuntu-os-accelerator-images',
    family: 'ubuntu-accelerator-2404-arm64-with-nvidia-580',
  },
} as const satisfies Record<string, ImageSource>

/** GB. The images with a driver leave little room on the disk that they name themselves. */
export const gpuDiskGb = 50

/** The short words that gcloud and CML have for access scopes: `https://www.googleapis.com/auth/` and this. */
export const scopeNames: Readonly<Record<string, string>> = {
  bigquery: 'bigquery',
  'cloud-platform': 'cloud-platform',
  'cloud-source-repos': 'source.full_control',
  'cloud-source-repos-ro': 'source.read_only',
  'compute-ro': 'compute.readonly',
  'compute-rw': 'compute',
  datastore: 'datastore',
  'logging-write': 'logging.write',
  monitoring: 'monitoring',
  'monitoring-read': 'monitoring.read',
  'monitoring-write': 'monitoring.write',
  pubsub: 'pubsub',
  'service-control': 'servicecontrol',
  'service-management': 'service.management.readonly',
  sql: 'sqlservice',
  'sql-admin': 'sqlservice.admin',
  'storage-full': 'devstorage.full_control',
  'storage-ro': 'devstorage.read_only',
  'storage-rw': 'devstorage.read_write',
  taskqueue: 'taskqueue',
  trace: 'trace.append',
  'useraccounts-ro': 'cloud.useraccounts.readonly',
  'useraccounts-rw': 'cloud.useraccounts',
  'userinfo-email': 'userinfo.email',
}
