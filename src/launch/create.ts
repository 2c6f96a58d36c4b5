import type { Registration } from '../machine/agent-config.ts'
import { movesOn } from '../model/failure.ts'
import { renderCandidate, type Candidate, type Instance } from '../model/instance.ts'
import { placeKey } from '../model/place.ts'
import type { Owned } from '../model/ownership.ts'
import type { LaunchOrder } from './order.ts'
import type { Ports } from '../ports.ts'
import { payloadFor, registrationRequest } from './payload.ts'
import { freeName } from './prepare.ts'
import { Pricing } from './price.ts'
import type { Refusal } from './refusals.ts'
import { awaitTwin, isTwinAtWork } from './twins.ts'

/** What became of a launch's candidates so far, and what it may have made. */
export class Attempts {
  readonly refusals: Refusal[] = []
  /** The machine of this launch, once the cloud has named it. */
  created: Instance | undefined
  /** What carries our identity is another launch's, and not ours to end. */
  foreign = false
  /** Of the machine that was made or taken over. */
  readonly pricing: Pricing
  #adopted: Instance | undefined
  #mayExist = false

  constructor(ports: Ports) {
    this.pricing = new Pricing(ports)
  }

  /** A machine of this identity that another process made, and that this one has taken over. */
  get adopted(): Instance | undefined {
    return this.#adopted
  }

  adopt(instance: Instance): void {
    this.#adopted = instance
    this.#mayExist = true
    this.created = undefined
  }

  /** Something was made, or was asked for without a clear no: listings that do not show it prove nothing yet. */
  get mayExist(): boolean {
    return this.#mayExist
  }

  /** Called before something is asked for. What it returns is called when the other side has said that nothing was made. */
  doubt(): () => void {
    const before = this.#mayExist
    this.#mayExist = true
    return () => void (this.#mayExist = before)
  }
}

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
    const key = `${placeKey(candidate)} ${candidate.platform.architecture}`
    if (this.#last?.key !== key) this.#last = { key, made: this.#make(candidate) }
    return this.#last.made
  }

  /** What was made has been removed with its machine. */
  forget(): void {
    this.#last = undefined
  }

  async #make(candidate: Candidate): Promise<Registration> {
    const { forge, host, signal } = this.#ports
    // Until the forge has answered, and for good where the answer is a registration, the forge may have an entry to remove.
    const nothingMade = this.#attempts.doubt()
    const registration = await forge.register(registrationRequest(this.#order, candidate), signal)
    for (const secret of forge.secretsOf(registration)) host.mask(secret)
    if (registration.kind === 'token') {
      nothingMade()
      const until = new Date(registration.expiresAt * 1000).toISOString()
      host.log.info(
        `The machine's jobs can read its registration token, which can add runners here until ${until}. \`single\` with \`registration: jit\` avoids that.`,
      )
    } else if (registration.kind === 'runner')
      host.log.info(
        "The machine's jobs can read its runner's token, which can take jobs for its tags until the runner is removed.",
      )
    return registration
  }
}

/** A twin that registers at this very moment makes a machine for that: it is looked for, and when none comes the twin has died. */
export async function tryUnlessTwin(
  order: LaunchOrder,
  candidate: Candidate,
  registrations: Registrations,
  attempts: Attempts,
  ports: Ports,
): Promise<Owned | undefined> {
  try {
    await registrations.for(candidate)
  } catch (error) {
    if (!isTwinAtWork(error)) throw error
    ports.host.log.info(
      'Another try of this very launch registers its runner at this moment: looking for its machine.',
    )
    const twin = await awaitTwin(order, ports)
    if (twin) return twin
    const namesake = await ports.forge.findRunner(order.lease.name, ports.signal)
    await freeName(order, { candidates: [], warnings: [], twin, namesake }, ports)
    registrations.forget()
  }
  return tryCandidate(order, candidate, registrations, attempts, ports)
}

/** Tries one candidate. Undefined, with the refusal noted, when the next one may still succeed. */
async function tryCandidate(
  order: LaunchOrder,
  candidate: Candidate,
  registrations: Registrations,
  attempts: Attempts,
  ports: Ports,
): Promise<Owned | undefined> {
  const { clouds, forge, host, signal } = ports
  // Asked for beside the registration; the forge remembers it, and the payload meets the answer or the failure there.
  forge.download(candidate.platform.architecture, signal).catch(() => undefined)
  const payload = await payloadFor(order, candidate, await registrations.for(candidate), ports)
  const nothingMade = attempts.doubt()
  try {
    const { lease, request } = order
    const instance = await clouds.of(candidate).create(candidate, { lease, payload, request }, signal)
    host.log.info(`Created ${instance.id}: ${renderCandidate(candidate)}, ${candidate.image.name}.`)
    return instance
  } catch (error) {
    if (!movesOn(error)) throw error
    // Where a creation has several parts, some may stay of one that was refused.
    if (clouds.of(candidate).limits.atomic) nothingMade()
    noteRefusal({ candidate, failure: error }, attempts, ports)
    return undefined
  }
}

export function noteRefusal(refusal: Refusal, { refusals }: Attempts, { host }: Ports): void {
  const { said, code } = refusal.failure.explanation
  refusals.push(refusal)
  host.log.info(
    `No ${renderCandidate(refusal.candidate)}: ${code ?? refusal.failure.kind}${said ? ` (${said})` : ''}`,
  )
}
