import { Failure } from '../model/failure.ts'
import type { Composition } from './compose.ts'

/** Regions to look in: those that were named, else every one of the account, since a forgotten machine may be anywhere. */
export async function regionsToLookIn(
  { values, sources, ports }: Composition,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const { cloud, host } = ports
  const named = sources.has('cloud-region')
  const regions = named ? cloud.regionsOf(values['cloud-region']) : await everyRegion(ports, signal)
  host.log.info(
    `Looking in ${named ? '' : `all ${regions.length} regions of the account: `}${regions.join(', ')}.`,
  )
  return regions
}

/** Who may not ask for the regions can name them. */
async function everyRegion(
  { cloud }: Composition['ports'],
  signal?: AbortSignal,
): Promise<readonly string[]> {
  try {
    return await cloud.enabledRegions(signal)
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'permission-denied') throw error
    const { explanation } = error
    const fix = explanation.fix?.replace(/\.$/, '')
    throw new Failure(
      error.kind,
      {
        ...explanation,
        why: 'Without `cloud-region` every region of the account is looked in, and these credentials may not ask which there are.',
        fix: `${fix ? `${fix}; or ` : ''}name the regions to look in with \`cloud-region\`.`,
      },
      { cause: error },
    )
  }
}
