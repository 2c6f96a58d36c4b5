import type { Resolution, Unreadable } from '../clouds/cloud.ts'
import { isAboutCredentials, joinFailures } from '../model/failure.ts'
import type { Candidate } from '../model/instance.ts'
import type { Ports } from '../ports.ts'

/**
 * Of places that cannot be read: a cloud that does not let these credentials look is left out, with a warning, where another can serve, since nothing of this
 * launch is made there. Throws what else cannot be read, since a machine of this very launch may be there. `resolving`: what can be had, and so who serves.
 */
export async function leaveOutBlind(
  unreadable: readonly Unreadable[],
  resolving: Promise<Resolution>,
  { clouds, host }: Ports,
): Promise<void> {
  const candidates = await resolving.then(
    (resolution) => resolution.candidates,
    (): readonly Candidate[] => [],
  )
  const blind = unreadable.filter(({ place }) => clouds.knows(place.cloud))
  const shut = new Set(
    blind.filter(({ failure }) => isAboutCredentials(failure)).map(({ place }) => place.cloud),
  )
  const serves = candidates.some(({ cloud }) => clouds.knows(cloud) && !shut.has(cloud))
  const fatal = blind.filter(({ place }) => !serves || !shut.has(place.cloud))
  if (fatal.length > 0) throw joinFailures(fatal.map(({ failure }) => failure))
  for (const { place, failure } of blind)
    if (clouds.knows(place.cloud)) {
      host.log.warn(`Left out, since others were named: ${failure.message}`)
      clouds.leaveOut([place.cloud])
    }
}
