import type { Ec2, Image, InstanceTypeInfo } from './client.ts'
import type { NativeType } from './families.ts'
import { isOptionalFailure } from './optional.ts'

/** Why a type does not take an image, or undefined where it does or nobody knows. */
export type MisfitOf = (image: Image, type: NativeType) => string | undefined

/** What is to fit. */
export interface Fitting {
  readonly region: string
  readonly images: readonly Image[]
  readonly types: readonly NativeType[]
}

/**
 * What the types can boot, asked for only where an image wants what not every type has: most want nothing of the kind. Not readable = nothing is known, and
 * EC2 refuses what does not fit.
 */
export async function resolveFit(
  ec2: Ec2,
  { region, images, types }: Fitting,
  signal?: AbortSignal,
): Promise<MisfitOf> {
  if (!images.some(isDemanding)) return () => undefined
  const names = types.map((type) => type.name)
  const tried = `read what ${names.join(', ')} can boot in ${region}`
  try {
    const found = await ec2.describeTypes(
      region,
      { Filters: [{ Name: 'instance-type', Values: names }] },
      { tried, signal },
    )
    const facts = new Map(found.map((info) => [String(info.InstanceType), info]))
    return (image, type) => {
      const info = facts.get(type.name)
      return info && misfit(image, info)
    }
  } catch (error) {
    if (!isOptionalFailure(error)) throw error
    return () => undefined
  }
}

/** `uefi-preferred`, and no mode at all, boot on every type of their architecture. */
function isDemanding({ BootMode, TpmSupport, EnaSupport, VirtualizationType }: Image): boolean {
  return (
    BootMode === 'uefi' ||
    BootMode === 'legacy-bios' ||
    TpmSupport !== undefined ||
    EnaSupport !== true ||
    VirtualizationType === 'paravirtual'
  )
}

function misfit(image: Image, info: InstanceTypeInfo): string | undefined {
  const { BootMode, TpmSupport, EnaSupport, VirtualizationType } = image
  const lacks = <T>(known: readonly T[] | undefined, wanted: T | undefined): boolean =>
    wanted !== undefined && known !== undefined && known.length > 0 && !known.includes(wanted)
  if (BootMode !== 'uefi-preferred' && lacks(info.SupportedBootModes, BootMode))
    return `it boots by ${BootMode === 'uefi' ? 'UEFI' : 'legacy BIOS'} alone, which this type does not`
  if (TpmSupport !== undefined && info.NitroTpmSupport === 'unsupported')
    return 'it wants a TPM, which this type does not have'
  if (lacks(info.SupportedVirtualizationTypes, VirtualizationType))
    return `it is made for ${VirtualizationType} machines, which this type is not`
  if (EnaSupport !== true && info.NetworkInfo?.EnaSupport === 'required')
    return 'it lacks the ENA network driver, which this type needs'
  return undefined
}
