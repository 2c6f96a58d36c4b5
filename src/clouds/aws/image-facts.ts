import type { FailureKind } from '../../model/failure.ts'
import type { Architecture } from '../../model/instance.ts'
import type { Image } from './client.ts'

export interface ResolvedImage {
  readonly id: string
  readonly name: string
  readonly architecture: Architecture
  /** As the image names it: `/dev/sda1`. */
  readonly rootDevice: string
  /** GB; smaller disks cannot hold the image. */
  readonly minimumGb: number
  /** Disks beside the root, by device name. */
  readonly otherVolumes: readonly string[]
}

export function architectureOf(image: Image): Architecture | undefined {
  if (image.Architecture === 'x86_64') return 'x64'
  return image.Architecture === 'arm64' ? 'arm64' : undefined
}

/** When its owner deprecated it, as a date; undefined while that is not so. It starts all the same, and gets no updates any more. */
export function deprecatedOn({ DeprecationTime }: Image, now: number): string | undefined {
  return DeprecationTime && Date.parse(DeprecationTime) <= now ? DeprecationTime.slice(0, 10) : undefined
}

/** Newest by creation date, deprecated ones last: ISO texts compare as times do. */
export function newest(images: readonly Image[], now: number): Image | undefined {
  const age = (image: Image): string => `${deprecatedOn(image, now) ? 0 : 1} ${image.CreationDate ?? ''}`
  return images.toSorted((a, b) => age(b).localeCompare(age(a)))[0]
}

/** Why an image cannot run a Linux runner on an EBS disk, and whether that is for the user or for its owner to mend; undefined when it can. */
export function explainUnusable(
  image: Image,
): { readonly text: string; readonly kind: FailureKind } | undefined {
  const wrong = (text: string) => ({ text, kind: 'invalid-input' }) as const
  if (/windows/i.test(`${image.Platform ?? ''} ${image.PlatformDetails ?? ''}`))
    return wrong('it is a Windows image, and only Linux machines are launched')
  if (/mac/.test(image.Architecture ?? ''))
    return wrong('it is a macOS image, and only Linux machines are launched')
  if (!architectureOf(image))
    return wrong(`it is made for ${image.Architecture ?? 'an unknown architecture'}`)
  if (image.State !== undefined && image.State !== 'available')
    return { text: explainState(image), kind: 'failed-precondition' }
  if (image.RootDeviceType !== 'ebs' || !image.RootDeviceName)
    return wrong('its root disk is an instance store, not EBS')
  return undefined
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Image.html, `imageState` */
const states: Readonly<Record<string, string>> = {
  pending: 'it is still being made; try again when it is available',
  disabled: 'its owner has disabled it (back with: aws ec2 enable-image --image-id ID)',
  deregistered: 'its owner has taken it back',
  failed: 'making it has failed',
  error: 'making it has failed',
}

function explainState({ State, StateReason }: Image): string {
  const meaning = states[State ?? '']
  const said = StateReason?.Message ? `: ${StateReason.Message}` : ''
  return `its state is ${State}${meaning ? `, ${meaning}` : ''}${said}`
}

export function readImage(image: Image | undefined): ResolvedImage | undefined {
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
