import { Failure, isAboutCredentials, movesOn } from '../model/failure.ts'
import type { Candidate } from '../model/instance.ts'
import type { Owned } from '../model/ownership.ts'
import type { Leg } from './leg.ts'
import { payloadFor } from './payload.ts'

/** Tries one candidate: register, payload, create. Undefined, with the refusal noted, when the next one may still succeed. */
export async function attempt(candidate: Candidate, leg: Leg): Promise<Owned | undefined> {
  const { order, attempts, ports } = leg
  const { clouds, host, signal } = ports
  const registration = await leg.registrations.for(candidate)
  const payload = await payloadFor(order, attempts.pricing.priced(candidate), registration, ports)
  const doubt = attempts.doubt(candidate.type)
  attempts.orderedAt = ports.clock.now()
  try {
    const { lease, request } = order
    const own = await clouds.requestFor(candidate, request)
    const instance = await clouds.of(candidate).create(candidate, { lease, payload, request: own }, signal)
    host.log.info(`Created ${instance.id}: ${clouds.render(candidate)}, ${candidate.image.name}.`)
    return instance
  } catch (error) {
    const shut = isAboutCredentials(error) && attempts.canDoWithout(candidate)
    if (!movesOn(error) && !shut) throw error
    // Where a creation has several parts, some may stay of one that was refused, and listings may show them late.
    const { atomic, prompt = atomic } = clouds.of(candidate).limits
    const nothingLeft = error instanceof Failure && error.explanation.nothingLeft
    if (prompt || nothingLeft) attempts.dispel(doubt)
    if (shut) attempts.shut(candidate)
    await attempts.refused({ candidate, failure: error }, ports)
    return undefined
  }
}
