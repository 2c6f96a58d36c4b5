import { Failure } from '../model/failure.ts'
import type { Ports } from '../ports.ts'

/** Regions to look in: those of the words that were given, else every one of the account, since a forgotten machine may be anywhere. */
export async function regionsToLookIn(
  named: readonly string[] | undefined,
  ports: Ports,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const { cloud, host } = ports
  const regions = named ? cloud.regionsOf(named) : await everyRegion(ports, signal)
  host.log.info(
    `Looking in ${named ? '' : `all ${regions.length} regions of the account: `}${regions.join(', ')}.`,
  )
  return regions
}

/** Who may not ask for the regions can name them. */
async function everyRegion({ cloud }: Ports, signal?: AbortSignal): Promise<readonly string[]> {
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
