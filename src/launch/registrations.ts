import type { Registration } from '../machine/agent-config.ts'
import type { Candidate } from '../model/instance.ts'
import { placeKey } from '../model/place.ts'
import type { Ports } from '../ports.ts'
import type { Attempts } from './attempts.ts'
import { orderOn, type LaunchOrder } from './order.ts'
import { registrationRequest } from './payload.ts'

/**
 * One secret for all candidates in a row that may share it: made as late as possible, and not again for the next zone. Only the last
 * one is kept: where a registration is made for a name, the next one of that name replaces it.
 */
export class Registrations {
  #last: { readonly key: string; readonly made: Promise<Registration> } | undefined
  readonly #order: LaunchOrder
  readonly #ports: Ports
  readonly #attempts: Attempts

  constructor(order: LaunchOrder, attempts: Attempts, ports: Ports) {
    this.#order = order
    this.#attempts = attempts
    this.#ports = ports
  }

  for(candidate: Candidate): Promise<Registration> {
    const key = `${placeKey(candidate)} ${candidate.platform.os} ${candidate.platform.architecture}`
    if (this.#last?.key !== key) this.#last = { key, made: this.#make(candidate) }
    return this.#last.made
  }

  /** What was made has been removed with its machine. */
  forget(): void {
    this.#last = undefined
  }

  async #make(candidate: Candidate): Promise<Registration> {
    const { clouds, forge, host, signal } = this.#ports
    // Until the forge has answered, and for good where its answer does not name an entry, it may have one to remove.
    const doubt = this.#attempts.doubt('a registration')
    const registration = await forge.register(
      registrationRequest(orderOn(this.#order, candidate), candidate),
      signal,
    )
    for (const secret of forge.secretsOf(registration)) host.mask(secret)
    // A token makes no entry. That of a runner is known by its number: no list need show it to have it removed.
    if (registration.kind !== 'jit') this.#attempts.dispel(doubt)
    const readable = clouds.of(candidate).limits.conceals === true ? undefined : readableOf(registration)
    if (readable !== undefined) host.log.info(readable)
    return registration
  }
}

/** What jobs could do with what their machine was sent. */
function readableOf(registration: Registration): string | undefined {
  switch (registration.kind) {
    case 'token': {
      const until = new Date(registration.expiresAt * 1000).toISOString()
      return `The machine's jobs can read its registration token, which can add runners here until ${until}. \`single\` with \`registration: jit\` avoids that.`
    }
    case 'runner':
      return "The machine's jobs can read its runner's token, which can take jobs for its tags until the runner is removed."
    default:
      return undefined
  }
}
