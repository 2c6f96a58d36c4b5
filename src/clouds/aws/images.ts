import { quote } from '../../options/problem.ts'
import { Failure } from '../../model/failure.ts'
import { defaultImages, type ImageSource } from './catalogue.ts'
import type { DescribeImagesRequest, Ec2, Image } from './client.ts'
import type { NativeType } from './families.ts'
import { complain, type Findings } from '../findings.ts'
import { resolveFit, type MisfitOf } from './fit.ts'
import {
  architectureOf,
  deprecatedOn,
  explainUnusable,
  newest,
  readImage,
  type ResolvedImage,
} from './image-facts.ts'
import { partitionOf } from './regions.ts'

/** `cloud-image`, parsed. */
export type ImageWord =
  | { readonly kind: 'default' }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'named'; readonly source: ImageSource }

const ownerPattern = /^(\d{12}|self|amazon|aws-marketplace|aws-backup-vault)$/

/** Undefined, with a problem, for what is neither an image id nor an owner and a name. */
export function parseImage(text: string | undefined, findings: Findings): ImageWord | undefined {
  if (text === undefined) return { kind: 'default' }
  if (/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(text)) return { kind: 'id', id: text }
  const slash = text.indexOf('/')
  const owner = text.slice(0, Math.max(0, slash)).toLowerCase()
  const name = text.slice(slash + 1)
  if (ownerPattern.test(owner) && name) return { kind: 'named', source: { owner, name, title: text } }
  complain(
    findings,
    'cloud-image',
    text,
    /^ami-/.test(text)
      ? `${quote(text)} is not a whole image id; those are ami- and 17 (in old ones 8) hexadecimal digits.`
      : `${quote(text)} is a name without an owner. Anybody can publish an image under any name, so a name alone may start a ` +
          "stranger's image; valid: ami-…, or OWNER/NAME with an account id of 12 digits, self, amazon or aws-marketplace as owner.",
  )
  return undefined
}

export type ImageOf = (type: NativeType) => ResolvedImage | undefined

/** Where images are looked for, and when. */
export interface ImageSearch {
  readonly ec2: Ec2
  readonly region: string
  /** Unix ms: images are deprecated at a time. */
  readonly now: number
  readonly findings: Findings
  readonly signal?: AbortSignal | undefined
}

/**
 * The image of each type in one region. Throws `not-found` for an image that is not there, never takes another; types whose default image does
 * not exist, or that do not fit the image, are left out.
 */
export function resolveImages(
  search: ImageSearch,
  word: ImageWord,
  types: readonly NativeType[],
): Promise<ImageOf> {
  return word.kind === 'default' ? resolveDefaults(search, types) : resolveNamed(search, word, types)
}

/** By default EC2 answers without what is deprecated or disabled, as if it were not there. */
const whole = { IncludeDeprecated: true, IncludeDisabled: true } as const

async function resolveNamed(
  search: ImageSearch,
  word: Exclude<ImageWord, { kind: 'default' }>,
  types: readonly NativeType[],
): Promise<ImageOf> {
  const { ec2, region, now, findings, signal } = search
  const title = word.kind === 'id' ? word.id : word.source.title
  const tried = `find image ${title} in ${region}`
  const query = word.kind === 'id' ? { ImageIds: [word.id] } : sourceQuery(word.source, region)
  const images = await ec2.describeImages(region, { ...query, ...whole }, { tried, signal })
  if (images.length === 0) throw unknownImage(tried, word)
  const usable = images.filter((image) => explainUnusable(image) === undefined)
  if (usable.length === 0) {
    const { text, kind } = explainUnusable(newest(images, now)!)!
    findings.leftOut.set(`cloud-image: ${title} cannot be used in ${region}: ${text}.`, kind)
    return () => undefined
  }
  const misfitOf = await resolveFit(ec2, { region, images: usable, types }, signal)
  const chosen = new Map(
    types.map((type) => [type.name, chooseFor(type, usable, { title, misfitOf, now, findings })]),
  )
  for (const image of new Set(chosen.values())) warnDeprecated(image, search)
  return (type) => readImage(chosen.get(type.name))
}

interface Choice {
  readonly title: string
  readonly misfitOf: MisfitOf
  readonly now: number
  readonly findings: Findings
}

/** The newest image that the type can boot; a type that none fits is left out. */
function chooseFor(
  type: NativeType,
  images: readonly Image[],
  { title, misfitOf, now, findings }: Choice,
): Image | undefined {
  const ofKind = images.filter((image) => architectureOf(image) === type.architecture)
  const image = newest(
    ofKind.filter((candidate) => misfitOf(candidate, type) === undefined),
    now,
  )
  if (image) return image
  const why =
    ofKind.length === 0
      ? `is made for ${listArchitectures(images)} machines, but cloud-type ${type.name} is ${type.architecture}`
      : `does not fit cloud-type ${type.name}: ${misfitOf(newest(ofKind, now)!, type)}`
  findings.leftOut.set(`cloud-image: ${title} ${why}.`, 'invalid-input')
  return undefined
}

function warnDeprecated(image: Image | undefined, { now, findings }: ImageSearch): void {
  const date = image && deprecatedOn(image, now)
  if (date)
    findings.warnings.add(
      `The image ${image.Name ?? image.ImageId} was deprecated by its owner on ${date}: it still starts, gets no more updates, and may be taken back. Name a newer one in cloud-image.`,
    )
}

async function resolveDefaults(search: ImageSearch, types: readonly NativeType[]): Promise<ImageOf> {
  const { ec2, region, now, findings, signal } = search
  const keys = [...new Set(types.map((type) => type.image))]
  const found = new Map(
    await Promise.all(
      keys.map(async (key) => {
        const source: ImageSource = defaultImages[key]
        const query = sourceQuery(source, region)
        const tried = `find the image ${source.title} in ${region}`
        const images =
          query &&
          (await ec2.describeImages(region, { ...query, IncludeDeprecated: true }, { tried, signal }))
        const usable = images?.filter((image) => explainUnusable(image) === undefined) ?? []
        return [key, newest(usable, now)] as const
      }),
    ),
  )
  for (const key of keys) {
    const names = types.filter((type) => type.image === key).map((type) => type.name)
    warnDeprecated(found.get(key), search)
    if (!found.get(key))
      findings.leftOut.set(
        `No default image for ${names.join(', ')} in ${region} (${defaultImages[key].title}): name one in cloud-image.`,
        'not-found',
      )
  }
  return (type) => readImage(found.get(type.image))
}

/** Undefined where the owner has no account in the region's partition. */
function sourceQuery({ owner, name }: ImageSource, region: string): DescribeImagesRequest | undefined {
  const account = typeof owner === 'string' ? owner : owner[partitionOf(region)]
  return account === undefined
    ? undefined
    : { Owners: [account], Filters: [{ Name: 'name', Values: [name] }] }
}

function unknownImage(tried: string, word: ImageWord): Failure {
  return new Failure('not-found', {
    tried,
    said: 'there is none, or these credentials may not see it',
    why: `${
      word.kind === 'id'
        ? 'Image ids differ from region to region, and an image may be private or gone.'
        : 'An image must exist in the region, belong to the owner named, and be public or shared with this account.'
    } An account may also hide images by its "Allowed AMIs" setting.`,
    fix: 'correct `cloud-image` or `cloud-region`. No other image is taken in its place.',
  })
}

function listArchitectures(images: readonly Image[]): string {
  return [...new Set(images.map((image) => architectureOf(image)))].join(' and ')
}
