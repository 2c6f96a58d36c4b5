import { quote } from '../../options/problem.ts'
import { Failure } from '../../model/failure.ts'
import type { Architecture } from '../../model/instance.ts'
import { defaultImages, type ImageSource } from './catalogue.ts'
import type { Ec2, Image } from './client.ts'
import type { NativeType } from './families.ts'
import type { Findings } from './findings.ts'

/** `cloud-image`, parsed. */
export type ImageWord =
  | { readonly kind: 'default' }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'named'; readonly source: ImageSource }

export interface ResolvedImage {
  readonly id: string
  readonly name: string
  readonly architecture: Architecture
  /** As the image names it: `/dev/sda1`. */
  readonly rootDevice: string
  /** GB; smaller disks can not hold the image. */
  readonly minimumGb: number
  /** Disks beside the root, by device name. */
  readonly otherVolumes: readonly string[]
}

const ownerPattern = /^(\d{12}|self|amazon|aws-marketplace|aws-backup-vault)$/

/** Undefined, with a problem, for what is neither an image id nor an owner and a name. */
export function parseImage(text: string | undefined, { problems }: Findings): ImageWord | undefined {
  if (text === undefined) return { kind: 'default' }
  if (/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(text)) return { kind: 'id', id: text }
  const slash = text.indexOf('/')
  const owner = text.slice(0, Math.max(0, slash)).toLowerCase()
  const name = text.slice(slash + 1)
  if (ownerPattern.test(owner) && name) return { kind: 'named', source: { owner, name, title: text } }
  problems.add(
    /^ami-/.test(text)
      ? `cloud-image: ${quote(text)} is not a whole image id; those are ami- and 17 (in old ones 8) hexadecimal digits.`
      : `cloud-image: ${quote(text)} is a name without an owner. Anybody can publish an image under any name, so a name alone may start a ` +
          "stranger's image; valid are ami-…, or OWNER/NAME with an account id of 12 digits, self, amazon or aws-marketplace as owner.",
  )
  return undefined
}

export type ImageOf = (type: NativeType) => ResolvedImage | undefined

/**
 * The image of each type in one region. Throws `not-found` for an image that is not there, never takes another; types whose default image does
 * not exist are left out with a warning, types that the image does not fit are problems.
 */
export async function resolveImages(
  ec2: Ec2,
  region: string,
  word: ImageWord,
  types: readonly NativeType[],
  findings: Findings,
  signal?: AbortSignal,
): Promise<ImageOf> {
  if (word.kind === 'default') return resolveDefaults(ec2, region, types, findings, signal)
  const title = word.kind === 'id' ? word.id : word.source.title
  const tried = `find image ${title} in ${region}`
  const query =
    word.kind === 'id'
      ? { ImageIds: [word.id] }
      : { Owners: [word.source.owner], Filters: [{ Name: 'name', Values: [word.source.name] }] }
  const images = await ec2.describeImages(region, query, { tried, signal })
  if (images.length === 0) throw unknownImage(tried, word)
  const usable = images.filter((image) => explainUnusable(image) === undefined)
  if (usable.length === 0) {
    findings.problems.add(`cloud-image: ${title} can not be used: ${explainUnusable(newest(images)!)}.`)
    return () => undefined
  }
  const chosen = new Map(
    types.map((type) => [
      type.name,
      newest(usable.filter((image) => architectureOf(image) === type.architecture)),
    ]),
  )
  for (const type of types) {
    if (chosen.get(type.name)) continue
    findings.problems.add(
      `cloud-image: ${title} is made for ${listArchitectures(usable)} machines, but cloud-type ${type.name} is ${type.architecture}.`,
    )
  }
  return (type) => readImage(chosen.get(type.name))
}

async function resolveDefaults(
  ec2: Ec2,
  region: string,
  types: readonly NativeType[],
  { warnings }: Findings,
  signal?: AbortSignal,
): Promise<ImageOf> {
  const keys = [...new Set(types.map((type) => type.image))]
  const found = new Map(
    await Promise.all(
      keys.map(async (key) => {
        const { owner, name, title }: ImageSource = defaultImages[key]
        const query = { Owners: [owner], Filters: [{ Name: 'name', Values: [name] }] }
        const images = await ec2.describeImages(region, query, {
          tried: `find the image ${title} in ${region}`,
          signal,
        })
        return [
          key,
          readImage(newest(images.filter((image) => explainUnusable(image) === undefined))),
        ] as const
      }),
    ),
  )
  const missing = keys.filter((key) => !found.get(key))
  for (const key of missing) {
    const names = types.filter((type) => type.image === key).map((type) => type.name)
    warnings.add(
      `No default image for ${names.join(', ')} in ${region} (${defaultImages[key].title}): not tried there. Name one in cloud-image.`,
    )
  }
  return (type) => found.get(type.image)
}

function unknownImage(tried: string, word: ImageWord): Failure {
  return new Failure('not-found', {
    tried,
    said: 'there is none, or these credentials may not see it',
    why:
      word.kind === 'id'
        ? 'Image ids differ from region to region, and an image may be private or gone.'
        : 'An image must exist in each region asked for, belong to the owner named, and be public or shared with this account.',
    fix: 'correct `cloud-image` or `cloud-region`. No other image is taken in its place.',
  })
}

/** Newest by creation date: ISO texts compare as times do. */
function newest(images: readonly Image[]): Image | undefined {
  return images.toSorted((a, b) => (b.CreationDate ?? '').localeCompare(a.CreationDate ?? ''))[0]
}

function architectureOf(image: Image): Architecture | undefined {
  if (image.Architecture === 'x86_64') return 'x64'
  return image.Architecture === 'arm64' ? 'arm64' : undefined
}

function listArchitectures(images: readonly Image[]): string {
  return [...new Set(images.map((image) => architectureOf(image)))].join(' and ')
}

/** Why an image can not run a Linux runner on an EBS disk, or undefined when it can. */
function explainUnusable(image: Image): string | undefined {
  if (/windows/i.test(`${image.Platform ?? ''} ${image.PlatformDetails ?? ''}`))
    return 'it is a Windows image, and only Linux machines are launched'
  if (/mac/.test(image.Architecture ?? '')) return 'it is a macOS image, and only Linux machines are launched'
  if (!architectureOf(image)) return `it is made for ${image.Architecture ?? 'an unknown architecture'}`
  if (image.State !== undefined && image.State !== 'available') return `its state is ${image.State}`
  if (image.RootDeviceType !== 'ebs' || !image.RootDeviceName)
    return 'its root disk is an instance store, not EBS'
  return undefined
}

function readImage(image: Image | undefined): ResolvedImage | undefined {
  const architecture = image && architectureOf(image)
  if (!image?.ImageId || !architecture || !image.RootDeviceName) return undefined
  const {
    ImageId: id,
    Name: name = id,
    RootDeviceName: rootDevice,
    BlockDeviceMappings: mappings = [],
  } = image
  const disks = mappings.filter((mapping) => mapping.Ebs && mapping.DeviceName)
  return {
    id,
    name,
    architecture,
    rootDevice,
    minimumGb: disks.find((disk) => disk.DeviceName === rootDevice)?.Ebs?.VolumeSize ?? 1,
    otherVolumes: disks.map((disk) => disk.DeviceName!).filter((device) => device !== rootDevice),
  }
}
