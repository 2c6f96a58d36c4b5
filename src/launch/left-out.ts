import type { Resolution } from '../clouds/cloud.ts'
import { isAboutCredentials, joinFailures } from '../model/failure.ts'
import type { Candidate } from '../model/instance.ts'
import type { Wish } from '../model/ownership.ts'
import type { Place } from '../model/place.ts'
import type { Ports } from '../ports.ts'
import { lookIn, type Found } from '../removal/survey.ts'

interface Looking {
  readonly wish: Wish
  readonly places: readonly Place[]
  /** What can be had, and so which clouds serve. */
  readonly resolving: Promise<Resolution>
}

/**
 * What is there of a launch already, in these places. A cloud that does not let these credentials look is left out, with a warning, where another can serve:
 * nothing of this launch is made there. Whatever else cannot be read ends the launch, since a machine of its own may be there.
 */
export async function findWhereUsable(
  { wish, places, resolving }: Looking,
  ports: Ports,
  signal: AbortSignal,
): Promise<Found> {
  const { clouds, host } = ports
  const { unreadable, ...found } = await lookIn(wish, places, ports, signal)
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
  return found
}
