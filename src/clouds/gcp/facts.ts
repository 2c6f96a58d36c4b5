import { all } from '../../lib/all.ts'
import { Failure, joinReasons } from '../../model/failure.ts'
import { quote } from '../../options/problem.ts'
import { defaultImages, gpuDiskGb } from './catalogue.ts'
import type { Compute, Image, SubnetPlace } from './compute.ts'
import type { Findings } from '../findings.ts'
import { isNotFound, isOptionalFailure } from './failures.ts'
import type { ImageWord } from './images.ts'
import type { NativeType } from './machine-type.ts'
import { ipv6AccessOf, placeOfSubnet, subnetPath, type Ipv6Access } from './network.ts'
import type { Plan } from './plan.ts'
import { lastPart } from './regions.ts'

/** An image as candidates name it. */
export interface FoundImage {
  /** `projects/ubuntu-os-cloud/global/images/ubuntu-2404-noble-amd64-v20260801`. */
  readonly id: string
  readonly name: string
  /** Undefined where it could not be read. */
  readonly architecture?: 'x64' | 'arm64'
  readonly leastGb: number
}

/** What could be read of the project before anything is made. */
export interface Facts {
  readonly project: string
  /** The image for a type. */
  imageFor(type: NativeType): FoundImage
  /** Open zones of a region; undefined where nobody may know. */
  zonesOf(region: string): readonly string[] | undefined
  /** What is known of a subnet: that it is not there, or which addresses one without IPv4 gives. Undefined: it has IPv4, or nobody may know. */
  subnetAt(place: SubnetPlace): SubnetFact | undefined
  /** May these credentials follow what the API does in a whole region? Decided here, since after the order it would be too late. */
  mayFollow(region: string): boolean
}

interface Reading {
  readonly compute: Compute
  readonly plan: Plan
  readonly findings: Findings
  readonly signal?: AbortSignal | undefined
}

/** All reads side by side; every failure in one message. */
export async function readFacts(reading: Reading): Promise<Facts> {
  const { compute, plan } = reading
  const open = [...new Set(plan.locations.filter(({ fixed }) => !fixed).map(({ region }) => region))]
  const results = await all([
    compute.project(),
    readImages(reading),
    open.length > 0 ? readZones(reading) : Promise.resolve(undefined),
    Promise.all(open.map(async (region) => [region, await mayFollow(reading, region)] as const)),
    readSubnets(reading),
  ])
  reading.signal?.throwIfAborted()
  if ('reasons' in results) throw joinReasons(results.reasons)
  const [project, images, zones, following, subnets] = results.values
  warnOfBlindness(
    reading.findings,
    following.filter(([, may]) => !may).map(([region]) => region),
  )
  return {
    project,
    imageFor: (type) => images.get(kindOf(plan.image, type))!,
    zonesOf: (region) => zones?.get(region),
    subnetAt: (place) => subnets.get(subnetPath(place)),
    mayFollow: (region) => following.some(([known, may]) => known === region && may),
  }
}

function warnOfBlindness({ warnings }: Findings, blind: readonly string[]): void {
  if (blind.length === 0) return
  warnings.add(
    `These credentials lack compute.regionOperations.get, so in ${blind.join(', ')} zones are tried one after the other and not all in one call.`,
  )
}

/** Which of the images a type starts from. */
function kindOf(word: ImageWord, { gpu, architecture }: NativeType): string {
  return word.kind === 'named' ? word.word : `${gpu ? 'gpu' : 'plain'} ${architecture}`
}

async function readImages(reading: Reading): Promise<ReadonlyMap<string, FoundImage>> {
  const { choices, image } = reading.plan
  const kinds = new Set(choices.flatMap(({ types }) => types.map((type) => kindOf(image, type))))
  const found = [...kinds].map(async (kind) => {
    if (image.kind === 'named') return [kind, await readNamed(reading, image)] as const
    const source = defaultImages[kind as keyof typeof defaultImages]
    const read = await ask(reading, source.project, source.family, 'family')
    checkState(reading, source.project, read)
    const foundImage = foundOf(source.project, read)
    const leastGb = kind.startsWith('gpu') ? Math.max(gpuDiskGb, foundImage.leastGb) : foundImage.leastGb
    return [kind, { ...foundImage, leastGb }] as const
  })
  return new Map(await Promise.all(found))
}

type Named = Extract<ImageWord, { readonly kind: 'named' }>

/** A family, else an image. Never another one in its place. */
async function readNamed(reading: Reading, { word, project, name, what }: Named): Promise<FoundImage> {
  const owner = project ?? (await reading.compute.project())
  const kinds = what ? [what] : (['family', 'image'] as const)
  for (const kind of kinds) {
    try {
      const image = await ask(reading, owner, name, kind)
      checkState(reading, owner, image)
      return foundOf(owner, image)
    } catch (error) {
      if (isNotFound(error)) continue
      if (!(error instanceof Failure) || error.kind !== 'permission-denied') throw error
      return unread(reading, { owner, name, kind }, error)
    }
  }
  throw new Failure('not-found', {
    tried: `find the image ${word}`,
    said: `project ${owner} has neither a family nor an image called ${quote(name)}`,
    fix: `correct \`cloud-image\`; what there is: gcloud compute images list --project ${owner} --no-standard-images`,
  })
}

/** An image may be used by who may not read it. */
function unread(
  { findings }: Reading,
  { owner, name, kind }: { readonly owner: string; readonly name: string; readonly kind: 'family' | 'image' },
  { explanation }: Failure,
): FoundImage {
  findings.warnings.add(
    `The image ${owner}/${name} could not be read (${explanation.said ?? ''}): it is taken for ${kind === 'image' ? 'an image' : 'a family'}, and nothing is known of its processor and size.`,
  )
  const id = `projects/${owner}/global/images/${kind === 'image' ? '' : 'family/'}${name}`
  return { id, name: `${owner}/${name}`, leastGb: 0 }
}

function ask(
  { compute, signal }: Reading,
  project: string,
  name: string,
  what: 'family' | 'image',
): Promise<Image> {
  return compute.image(project, name, what, { tried: `find the image ${project}/${name}`, signal })
}

/** https://cloud.google.com/compute/docs/images/image-management-best-practices#deprecation: of what is obsolete or deleted nothing new is made. */
function checkState({ findings }: Reading, project: string, { name, deprecated }: Image): void {
  const { state, replacement } = deprecated ?? {}
  if (!state || state === 'ACTIVE') return
  const newer = replacement
    ? `, and names ${replacement.replace(/^.*\/projects\//, 'projects/')} in its place`
    : ''
  const said = `its owner has declared it ${state.toLowerCase()}${newer}`
  if (state === 'DEPRECATED')
    return void findings.warnings.add(
      `The image ${project}/${name ?? ''} still starts, but ${said}: it gets no more updates. Name a newer one in cloud-image.`,
    )
  throw new Failure('failed-precondition', {
    tried: `use the image ${project}/${name ?? ''}`,
    said,
    fix: 'name another one, or a family, which is always its newest image, in `cloud-image`.',
  })
}

function foundOf(project: string, { name, architecture, diskSizeGb }: Image): FoundImage {
  return {
    id: `projects/${project}/global/images/${name ?? ''}`,
    name: `${project}/${name ?? ''}`,
    // Old images do not say it, and are of the only processor there was.
    architecture: architecture === 'ARM64' ? 'arm64' : 'x64',
    leastGb: Number(diskSizeGb ?? 0),
  }
}

async function readZones({
  compute,
  findings,
  signal,
}: Reading): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
  try {
    const zones = await compute.zones({ tried: 'list the zones of Compute Engine', signal, attempts: 3 })
    const byRegion = new Map<string, string[]>()
    for (const { name, region, status } of zones)
      if (name && status !== 'DOWN')
        byRegion.set(lastPart(region), [...(byRegion.get(lastPart(region)) ?? []), name])
    return byRegion
  } catch (error) {
    if (!isOptionalFailure(error)) throw error
    findings.warnings.add(
      `The zones could not be listed (${error.explanation.said ?? error.kind}): only those that are known by name are tried one by one.`,
    )
    return undefined
  }
}

export type SubnetFact = Ipv6Access | 'absent'

/** By path. One that cannot be read is taken for one with IPv4, as most are: what is wrong with it, the order hears. */
async function readSubnets({
  compute,
  plan,
  findings,
  signal,
}: Reading): Promise<ReadonlyMap<string, SubnetFact | undefined>> {
  if (plan.subnets.length === 0) return new Map()
  const own = await compute.project()
  const regions = new Set(plan.locations.map(({ region }) => region))
  const places = [...regions].flatMap((region) =>
    plan.subnets
      .filter((subnet) => subnet.region === undefined || subnet.region === region)
      .map((subnet) => placeOfSubnet(subnet, own, region)),
  )
  const read = places.map(async (place) => {
    const path = subnetPath(place)
    try {
      const subnet = await compute.subnet(place, { tried: `read the subnet ${path}`, signal, attempts: 3 })
      return [path, ipv6AccessOf(subnet)] as const
    } catch (error) {
      if (isNotFound(error)) {
        const said = error instanceof Failure ? error.explanation.said : undefined
        findings.leftOut.set(
          `cloud-gcp-subnet: there is no ${path}${said ? ` (${said})` : ''}.`,
          'invalid-input',
        )
        return [path, 'absent'] as const
      }
      if (!isOptionalFailure(error)) throw error
      return [path, undefined] as const
    }
  })
  return new Map(await Promise.all(read))
}

/** An operation that nobody has begun: whoever may read operations hears that it is not there. */
const nobodys = 'operation-0000000000000-0000000000000-00000000-00000000'

async function mayFollow({ compute, signal }: Reading, region: string): Promise<boolean> {
  const call = { tried: `learn whether operations of ${region} can be read`, signal, attempts: 3 }
  try {
    await compute.getRegionOperation(region, nobodys, call)
    return true
  } catch (error) {
    if (isNotFound(error)) return true
    if (!isOptionalFailure(error)) throw error
    return false
  }
}
