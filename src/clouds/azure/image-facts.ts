import { Failure } from '../../model/failure.ts'
import { versions } from './arm.ts'
import type { ImageReference, PurchasePlan } from './candidate.ts'
import { defaultImages, type ImageSource } from './catalogue.ts'
import { isGone } from './failures.ts'
import { parseUrn, type Urn } from './images.ts'
import type { Reading } from './reading.ts'
import type { Size } from './size.ts'

/** An image as candidates name it. */
export interface FoundImage {
  readonly id: string
  readonly name: string
  readonly reference: ImageReference
  readonly plan?: PurchasePlan
  /** Undefined where nobody says. */
  readonly architecture?: 'x64' | 'arm64'
  readonly generation?: 'V1' | 'V2'
  readonly leastGb: number
}

/** What its publisher has said of its end. */
interface Deprecation {
  readonly imageState?: string
  readonly scheduledDeprecationTime?: string
  readonly alternativeOption?: { readonly value?: string }
}

interface Version {
  readonly properties?: {
    readonly plan?: PurchasePlan
    readonly purchasePlan?: PurchasePlan
    readonly hyperVGeneration?: string
    readonly architecture?: string
    readonly imageDeprecationStatus?: Deprecation
    readonly osDiskImage?: { readonly sizeInGb?: number }
    readonly storageProfile?: { readonly osDisk?: { readonly diskSizeGB?: number } }
  }
}

type Kind = keyof typeof defaultImages

/** Images of a launch, which differ from region to region. Never another one in the place of one that is not there. */
export class ImageReader {
  readonly #reading: Reading
  /** By region and kind. */
  readonly #found = new Map<string, FoundImage | undefined>()

  constructor(reading: Reading) {
    this.#reading = reading
  }

  of(size: Size, region: string): FoundImage | undefined {
    return this.#found.get(`${region} ${this.#kindFor(size)}`)
  }

  /** Throws `not-found` where no region has what was named. */
  async readAll(): Promise<void> {
    const { plan } = this.#reading
    const regions = [...new Set(plan.locations.map(({ region }) => region))]
    const kinds = [...new Set(plan.choices.flatMap(({ sizes }) => sizes.map((size) => this.#kindFor(size))))]
    await Promise.all(
      regions.flatMap((region) =>
        kinds.map(async (kind) => {
          this.#found.set(`${region} ${kind}`, await this.#read(kind, region))
        }),
      ),
    )
    this.#tell(regions)
  }

  #tell(regions: readonly string[]): void {
    const { plan, findings } = this.#reading
    const missing = regions.filter((region) =>
      [...this.#found].some(([key, image]) => key.startsWith(`${region} `) && !image),
    )
    const word = plan.image.kind === 'default' ? 'the usual image' : plan.image.word
    if (missing.length > 0 && [...this.#found.values()].every((image) => image === undefined))
      throw new Failure('not-found', {
        tried: `find the image ${word}`,
        said: `${missing.join(', ')} ${missing.length > 1 ? 'have' : 'has'} none of that name`,
        fix: 'correct `cloud-image`; what there is: az vm image list --all --publisher PUBLISHER --location REGION --output table',
      })
    for (const region of missing)
      findings.leftOut.set(`cloud-image: ${region} does not have ${word}.`, 'not-found')
  }

  #kindFor({ gpu, architecture, generations }: Size): string {
    const { image } = this.#reading.plan
    if (image.kind !== 'default') return image.word
    if (architecture === 'arm64') return 'plain arm64'
    if (gpu) return 'gpu x64'
    return generations.includes('V2') ? 'plain x64' : 'plain x64 gen1'
  }

  async #read(kind: string, region: string): Promise<FoundImage | undefined> {
    const { image } = this.#reading.plan
    if (image.kind === 'id') return this.#readId(image.word)
    if (image.kind === 'urn') return this.#readUrn(image.urn, region)
    const source = defaultImages[kind as Kind]
    const latest = await this.#latest(parseUrn(source.urn)!, region)
    return latest === undefined ? undefined : usual(kind as Kind, source, latest)
  }

  /** What the marketplace sells in a region, with the plan that it is sold by. */
  async #readUrn(urn: Urn, region: string): Promise<FoundImage | undefined> {
    const version = urn.version === 'latest' ? await this.#latest(urn, region) : urn.version
    if (version === undefined) return undefined
    const found = await this.#get(
      `${await this.#versions(urn, region)}/${version}?api-version=${versions.compute}`,
      region,
    )
    const name = [urn.publisher, urn.offer, urn.sku, version].join(':')
    if (found) this.#warnOfEnd(name, found.properties?.imageDeprecationStatus)
    return found && { ...factsOf(found), id: name, name, reference: urn }
  }

  #warnOfEnd(name: string, { imageState = 'Active', ...end }: Deprecation = {}): void {
    if (imageState === 'Active') return
    const { scheduledDeprecationTime: time, alternativeOption } = end
    const when =
      imageState === 'Deprecated'
        ? 'is deprecated'
        : `is deprecated from ${time?.slice(0, 10) ?? 'some day'} on`
    const newer = alternativeOption?.value
      ? ` Its publisher names ${alternativeOption.value} in its place.`
      : ''
    this.#reading.findings.warnings.add(
      `The image ${name} ${when}: it gets no more updates then, and starts no new machines.${newer} Name another one in cloud-image.`,
    )
  }

  /** The definition of an image in a gallery says what its versions do not. */
  async #readId(id: string): Promise<FoundImage | undefined> {
    const definition = id.replace(/\/versions\/[^/]+$/i, '')
    const found = await this.#get(`${definition}?api-version=2024-03-03`, id)
    return found && { ...factsOf(found), id, name: id.split('/').slice(-1).join(), reference: { id } }
  }

  async #latest(urn: Urn, region: string): Promise<string | undefined> {
    const query = `$top=1&$orderby=name%20desc&api-version=${versions.compute}`
    const found = await this.#get(`${await this.#versions(urn, region)}?${query}`, region)
    return Array.isArray(found) ? (found as readonly { readonly name?: string }[])[0]?.name : undefined
  }

  async #versions({ publisher, offer, sku }: Urn, region: string): Promise<string> {
    const base = `/subscriptions/${await this.#reading.arm.subscription()}/providers/Microsoft.Compute/locations/${region}`
    return `${base}/publishers/${publisher}/artifacttypes/vmimage/offers/${offer}/skus/${sku}/versions`
  }

  async #get(path: string, where: string): Promise<Version | undefined> {
    const { arm, signal } = this.#reading
    try {
      const { body } = await arm.send(
        { method: 'GET', path },
        { tried: `find the image in ${where}`, signal },
      )
      return body as Version
    } catch (error) {
      if (isGone(error) || (error instanceof Failure && /ImageNotFound$/.test(error.explanation.code ?? '')))
        return undefined
      throw error
    }
  }
}

function usual(kind: Kind, { urn, leastGb }: ImageSource, version: string): FoundImage {
  const { publisher, offer, sku } = parseUrn(urn)!
  const name = [publisher, offer, sku, version].join(':')
  return {
    id: name,
    name,
    reference: { publisher, offer, sku, version: 'latest' },
    architecture: kind === 'plain arm64' ? 'arm64' : 'x64',
    generation: kind === 'plain x64 gen1' ? 'V1' : 'V2',
    leastGb,
  }
}

function factsOf({
  properties = {},
}: Version): Pick<FoundImage, 'plan' | 'architecture' | 'generation' | 'leastGb'> {
  const {
    plan = properties.purchasePlan,
    hyperVGeneration,
    architecture,
    osDiskImage,
    storageProfile,
  } = properties
  return {
    ...(plan ? { plan: { publisher: plan.publisher, product: plan.product, name: plan.name } } : {}),
    ...(architecture ? { architecture: /arm/i.test(architecture) ? 'arm64' : 'x64' } : {}),
    ...(/^V[12]$/.test(hyperVGeneration ?? '') ? { generation: hyperVGeneration as 'V1' | 'V2' } : {}),
    leastGb: osDiskImage?.sizeInGb ?? storageProfile?.osDisk?.diskSizeGB ?? 0,
  }
}
