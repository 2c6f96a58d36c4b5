import { within } from '../lib/within.ts'
import type { Candidate } from '../model/instance.ts'
import type { Ports } from '../ports.ts'

/** ms that a launch may lose by what is good to know and not worth a wait. */
const passing = 300

/** ms where several clouds' programs load at once: they keep an answer that is there already from being heard. */
const amongOthers = 3_000

/**
 * In whose accounts the machines of a launch are. All clouds are asked beside everything else that comes first; each is waited for only when its turn comes, and
 * is asked anew where it could not say. A registration that does not tell its account is removed by whoever knows its launch, and by no sweep.
 */
export class Accounts {
  readonly #ports: Pick<Ports, 'clouds' | 'clock' | 'signal'>
  readonly #told = new Map<string, Promise<string | undefined>>()

  constructor(ports: Pick<Ports, 'clouds' | 'clock' | 'signal'>) {
    this.#ports = ports
    for (const cloud of ports.clouds.open) void cloud.account(ports.signal)
  }

  /** The candidate as its registration is to tell of it. A cloud is waited for once. */
  async with(candidate: Candidate): Promise<Candidate> {
    const account = await (this.#told.get(candidate.cloud) ?? this.#ask(candidate))
    return account === undefined ? candidate : { ...candidate, account }
  }

  #ask({ cloud }: Candidate): Promise<string | undefined> {
    const { clouds, clock, signal } = this.#ports
    const told = within(clouds.of({ cloud }).account(signal), clouds.several ? amongOthers : passing, clock)
    this.#told.set(cloud, told)
    return told
  }
}
