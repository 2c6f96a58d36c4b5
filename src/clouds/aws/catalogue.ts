/** What a GPU word means on EC2, by generic size. */
export interface GpuRow {
  /** As people write it: `NVIDIA L4`. */
  readonly title: string
  readonly m: readonly string[]
  readonly l: readonly string[]
  readonly xl: readonly string[]
  /** Said once when the row is used: hardware that is no longer sold, or sold in larger pieces than asked. */
  readonly note?: { readonly sizes: readonly GenericSize[]; readonly text: string }
}

export const genericSizes = ['s', 'm', 'l', 'xl'] as const
export type GenericSize = (typeof genericSizes)[number]

/** Friendly regions, as CML named them. */
export const genericRegions: Readonly<Record<string, string>> = {
  'us-east': 'us-east-1',
  'us-west': 'us-west-1',
  'eu-west': 'eu-west-1',
  'eu-north': 'eu-north-1',
}

/** Sizes without a GPU: 1/1, 8/32, 32/128 and 64/256 vCPU/GiB; each list is tried in order. All are sold in the four friendly regions. */
export const plainSizes: Readonly<Record<GenericSize, readonly string[]>> = {
  s: ['t3.micro', 't2.micro'],
  m: ['m7i.2xlarge', 'm6i.2xlarge', 'm5.2xlarge'],
  l: ['m7i.8xlarge', 'm6i.8xlarge', 'm5.8xlarge'],
  xl: ['m7i.16xlarge', 'm6i.16xlarge', 'm5.16xlarge'],
}

const everySize = ['m', 'l', 'xl'] as const
const onlyByEight = (model: string, type: string) => ({
  sizes: ['m', 'l'] as const,
  text: `EC2 sells ${model} GPUs only eight at a time: ${type} is asked for.`,
})

/**
 * GPU models: one GPU for `m`, four for `l`, eight for `xl`, where such a type exists. Which types are sold where is in the
 * public offerings (DescribeInstanceTypeOfferings; https://instances.vantage.sh lists them).
 */
export const gpus: Readonly<Record<string, GpuRow>> = {
  t4: { title: 'NVIDIA T4', m: ['g4dn.xlarge'], l: ['g4dn.12xlarge'], xl: ['g4dn.metal'] },
  l4: { title: 'NVIDIA L4', m: ['g6.xlarge'], l: ['g6.12xlarge'], xl: ['g6.48xlarge'] },
  a10g: { title: 'NVIDIA A10G', m: ['g5.xlarge'], l: ['g5.12xlarge'], xl: ['g5.48xlarge'] },
  l40s: { title: 'NVIDIA L40S', m: ['g6e.xlarge'], l: ['g6e.12xlarge'], xl: ['g6e.48xlarge'] },
  a100: {
    title: 'NVIDIA A100',
    m: ['p4d.24xlarge', 'p4de.24xlarge'],
    l: ['p4d.24xlarge', 'p4de.24xlarge'],
    xl: ['p4d.24xlarge', 'p4de.24xlarge'],
    note: onlyByEight('A100', 'p4d.24xlarge or p4de.24xlarge'),
  },
  h100: {
    title: 'NVIDIA H100',
    m: ['p5.4xlarge'],
    l: ['p5.48xlarge'],
    xl: ['p5.48xlarge'],
    note: {
      sizes: ['l'],
      text: 'EC2 sells H100 GPUs one or eight at a time: p5.48xlarge (eight) is asked for.',
    },
  },
  h200: {
    title: 'NVIDIA H200',
    m: ['p5en.48xlarge', 'p5e.48xlarge'],
    l: ['p5en.48xlarge', 'p5e.48xlarge'],
    xl: ['p5en.48xlarge', 'p5e.48xlarge'],
    note: onlyByEight('H200', 'p5en.48xlarge or p5e.48xlarge'),
  },
  k80: {
    title: 'NVIDIA K80',
    m: ['g4dn.xlarge'],
    l: ['g4dn.12xlarge'],
    xl: ['g4dn.metal'],
    note: {
      sizes: everySize,
      text: 'EC2 no longer sells K80 GPUs (p2): the T4 (g4dn) is asked for instead.',
    },
  },
  v100: {
    title: 'NVIDIA V100',
    m: ['g6.xlarge', 'g5.xlarge', 'g4dn.xlarge'],
    l: ['g6.12xlarge', 'g5.12xlarge', 'g4dn.12xlarge'],
    xl: ['p3dn.24xlarge', 'g5.48xlarge'],
    note: {
      sizes: everySize,
      text:
        'EC2 sells V100 GPUs only eight at a time now (p3dn.24xlarge, in few regions): the nearest models sold are asked for instead, ' +
        'L4 (g6), A10G (g5), then T4 (g4dn); for xl, p3dn.24xlarge and then A10G (g5.48xlarge).',
    },
  },
}

/** Other words for the GPUs above. CML took `tesla` for V100. */
export const gpuAliases: Readonly<Record<string, string>> = { tesla: 'v100', a10: 'a10g' }

/** Native families that EC2 has withdrawn everywhere, and what is nearest to them today. */
export const retiredFamilies: Readonly<Record<string, string>> = {
  p2: 'g4dn (T4)',
  p3: 'g6 (L4), g5 (A10G) or p3dn.24xlarge (V100)',
  g2: 'g4dn (T4)',
  g3: 'g4dn (T4)',
  g3s: 'g4dn (T4)',
  cg1: 'g4dn (T4)',
}

/**
 * vCPU quotas are counted per class of families and per market, so that a refusal for one family holds for its whole class.
 * First letters of the class, longest first. Source: EC2 user guide, "Amazon EC2 instance type quotas".
 */
export const quotaClasses: readonly (readonly [prefix: RegExp, name: string])[] = [
  [/^(g|gr|vt)\d/, 'G and VT'],
  [/^p\d/, 'P'],
  [/^inf\d/, 'Inf'],
  [/^trn\d/, 'Trn'],
  [/^dl\d/, 'DL'],
  [/^f\d/, 'F'],
  [/^x\d/, 'X'],
  [/^u(-|\d)/, 'High Memory'],
  [/^hpc\d/, 'HPC'],
  [/^(a|c|d|h|i|im|is|m|r|t|z)\d/, 'Standard'],
]

/** A default image: an owner and a name, never a name alone, because anybody may publish an image under any name. */
export interface ImageSource {
  /** An account's number, an alias of EC2 such as `amazon`, or by partition: the same number is somebody else's account in another one. */
  readonly owner: string | Readonly<Record<string, string>>
  /** With EC2's wildcards. */
  readonly name: string
  readonly title: string
}

/** Canonical's account in each partition; where it has none that is known, there is no default image. */
const canonical = { aws: '099720109477', 'aws-cn': '837727238323', 'aws-us-gov': '513442679011' }

/**
 * Ubuntu 24.04 of Canonical, and AWS's Deep Learning base images, which bring driver, Docker and the container toolkit. Canonical's
 * account: https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/. The open driver of the OSS images knows Turing
 * and newer GPUs, so the V100 needs the proprietary one, which AWS has published for older Ubuntu only (unverified for 2026).
 */
export const defaultImages = {
  'plain x64': {
    owner: canonical,
    name: 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*',
    title: 'Ubuntu 24.04',
  },
  'plain arm64': {
    owner: canonical,
    name: 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-*',
    title: 'Ubuntu 24.04',
  },
  'gpu x64': {
    owner: 'amazon',
    name: 'Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 24.04) *',
    title: 'Deep Learning Base (Ubuntu 24.04)',
  },
  'gpu arm64': {
    owner: 'amazon',
    name: 'Deep Learning ARM64 Base OSS Nvidia Driver GPU AMI (Ubuntu 24.04) *',
    title: 'Deep Learning Base (Ubuntu 24.04, arm64)',
  },
  'volta x64': {
    owner: 'amazon',
    name: 'Deep Learning Base Proprietary Nvidia Driver GPU AMI (Ubuntu *',
    title: 'Deep Learning Base with the proprietary driver',
  },
} as const satisfies Record<string, ImageSource>
