import type { EnabledPlaces } from '../clouds/clouds.ts'
import { Failure, joinReasons } from '../model/failure.ts'
import type { Ports } from '../ports.ts'

/**
 * Places to look in: those of the words that were given, else every one of the accounts, since a forgotten machine may be anywhere. A cloud that could not be
 * asked keeps nobody from looking in another; throws when there is no other.
 */
export async function placesToLookIn(
  words: readonly string[] | undefined,
  ports: Ports,
  signal?: AbortSignal,
): Promise<EnabledPlaces> {
  const { clouds, host } = ports
  const { places, problems }: EnabledPlaces = words
    ? { places: clouds.placesOf(words), problems: [] }
    : await everyPlace(ports, signal)
  const several = clouds.open.length > 1
  const names = places.map(({ cloud, region }) => (several ? `${cloud} ${region}` : region))
  const all =
    words || names.length === 1 ? '' : `all ${places.length} regions of the account${several ? 's' : ''}: `
  host.log.info(`Looking in ${all}${names.join(', ')}.`)
  return { places, problems }
}

/** Who may not ask for the regions can name them. */
async function everyPlace({ clouds }: Ports, signal?: AbortSignal): Promise<EnabledPlaces> {
  const { places, problems } = await clouds.enabledPlaces(signal)
  const explained = problems.map(withAdvice)
  if (places.length === 0 && explained.length > 0) throw joinReasons(explained)
  return { places, problems: explained }
}

function withAdvice(failure: Failure): Failure {
  if (failure.kind !== 'permission-denied') return failure
  const { explanation } = failure
  const fix = explanation.fix?.replace(/\.$/, '')
  return new Failure(
    failure.kind,
    {
      ...explanation,
      why: 'Without `cloud-region` every region of the account is looked in, and these credentials may not ask which there are.',
      fix: `${fix ? `${fix}; or ` : ''}name the regions to look in with \`cloud-region\`.`,
    },
    { cause: failure },
  )
}
