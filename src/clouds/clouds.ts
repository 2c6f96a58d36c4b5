import { Failure, orFailure } from '../model/failure.ts'
import { renderCandidate, type Candidate } from '../model/instance.ts'
import type { LeaseQuery } from '../model/lease.ts'
import { placeKey, type Place } from '../model/place.ts'
import type { Cloud, Complaint, Listing, MachineRequest, Resolution, Unreadable } from './cloud.ts'
import { shared, throwAny, tooLong } from './complaints.ts'

/** Where the clouds can have machines, and which clouds could not be asked. */
export interface EnabledPlaces {
  readonly places: readonly Place[]
  readonly problems: readonly Failure[]
}

/** All clouds that were named, in the user's order. A question to them goes out side by side, and their answers are joined. */
export class Clouds {
  /** Those that can be used. */
  open: readonly Cloud[]
  readonly #named: readonly Cloud[]

  constructor(named: readonly Cloud[]) {
    this.open = named
    this.#named = named
  }

  /** Were several named, so that it must be told which is meant? */
  get several(): boolean {
    return this.#named.length > 1
  }

  /** Without these everything goes on as if nobody had named them, save that their words are still understood. The last one stays. */
  leaveOut(names: readonly string[]): void {
    const rest = this.open.filter(({ name }) => !names.includes(name))
    if (rest.length > 0) this.open = rest
  }

  /** Of the clouds that were named, those that are left out by now. */
  get leftOut(): readonly string[] {
    return this.#named.flatMap((cloud) => (this.open.includes(cloud) ? [] : [cloud.name]))
  }

  /** For people, with commas between them. */
  get names(): string {
    return this.open.map(({ name }) => name).join(', ')
  }

  /** A candidate as a person reads it, with its cloud where there are several. */
  render(candidate: Candidate): string {
    const text = renderCandidate(candidate)
    return this.several ? `${candidate.cloud} ${text}` : text
  }

  /** The cloud of a place, a machine or a candidate. */
  of({ cloud }: Pick<Place, 'cloud'>): Cloud {
    const found = this.#named.find(({ name }) => name === cloud)
    if (found) return found
    throw new Failure('internal', { tried: `ask ${cloud}`, said: `only ${this.names} was opened` })
  }

  knows(name: string): boolean {
    return this.open.some((cloud) => cloud.name === name)
  }

  /** Whose machines each cloud shows, by its name; undefined where nobody could say. */
  async accounts(signal?: AbortSignal): Promise<ReadonlyMap<string, string | undefined>> {
    const accounts = this.open.map(async (cloud) => [cloud.name, await cloud.account(signal)] as const)
    return new Map(await Promise.all(accounts))
  }

  /**
   * The places that the user's region words mean, of no words those where each cloud looks first. A word that any cloud understands is no problem.
   * Throws `invalid-input` naming every other one. Asks nobody.
   */
  placesOf(words: readonly string[]): readonly Place[] {
    const readings = this.#named.map((cloud) => ({ cloud, ...cloud.regionsOf(words) }))
    throwAny(shared(readings.map(({ complaints }) => complaints)))
    const usable = readings.filter(({ cloud }) => this.open.includes(cloud))
    return usable.flatMap(({ cloud, regions }) => regions.map((region) => ({ cloud: cloud.name, region })))
  }

  /** The request as one of the clouds is asked: of options that have a line for each cloud, with its own. */
  async requestFor(place: Pick<Place, 'cloud'>, request: MachineRequest): Promise<MachineRequest> {
    if (this.#isPlain(request)) return request
    const { requestFor } = await import('./lines.ts')
    return requestFor(this.of(place), request, this.#named)
  }

  /** The same without words that only another cloud understands. Throws `failed-precondition` when none is left to this one. */
  async narrowedFor(place: Pick<Place, 'cloud'>, request: MachineRequest): Promise<MachineRequest> {
    const own = await this.requestFor(place, request)
    return this.several ? (await import('./several.ts')).narrowed(own, this.of(place)) : own
  }

  /** What is wrong with a request: a word that any cloud understands is no problem. Asks nobody. */
  async complaints(request: MachineRequest): Promise<readonly Complaint[]> {
    if (!this.#isPlain(request)) return (await import('./several.ts')).complaintsOf(request, this.#named)
    return this.#named.flatMap((cloud) => [...cloud.complaints(request), ...tooLong(cloud, request)])
  }

  /**
   * Candidates of all clouds: by market, then by the user's types, then by the user's clouds, then as each cloud has them. A cloud that has
   * nothing to try is told and left where another has, and one that does not take the credentials is left out of everything; what else a person must mend
   * ends the launch.
   */
  async resolve(request: MachineRequest, signal?: AbortSignal): Promise<Resolution> {
    const [only] = this.#named
    if (only && this.#isPlain(request)) {
      throwAny(tooLong(only, request))
      return only.resolve(request, signal)
    }
    const { resolveAll } = await import('./several.ts')
    const { shut, ...resolution } = await resolveAll(request, this.#named, signal)
    this.leaveOut(shut)
    return resolution
  }

  /** Is it asked of one cloud, in no lines for each? Then nothing else need be loaded. */
  #isPlain({ image, permissionSet, disk, diskLines }: MachineRequest): boolean {
    const texts = [image, permissionSet, disk?.type]
    const prefix = `${this.#named[0]?.name}:`
    return (
      !this.several && !diskLines && !texts.some((text) => text?.includes('\n') || text?.startsWith(prefix))
    )
  }

  /** Living machines in these places. A place that cannot be read hides no other. Throws what is no Failure. */
  list(query: LeaseQuery, places: readonly Place[], signal?: AbortSignal): Promise<Listing> {
    return this.#spread(places, (cloud, regions) => cloud.list(query, regions, signal), signal)
  }

  /** The same of machines that have ended, as far as their cloud remembers. */
  listEnded(query: LeaseQuery, places: readonly Place[], signal?: AbortSignal): Promise<Listing> {
    return this.#spread(places, (cloud, regions) => cloud.listEnded(query, regions, signal), signal)
  }

  /** Everywhere that the accounts can have machines. */
  async enabledPlaces(signal?: AbortSignal): Promise<EnabledPlaces> {
    const answers = await Promise.all(
      this.open.map(async (cloud) => ({
        cloud,
        answer: await orFailure(cloud.enabledRegions(signal), signal),
      })),
    )
    return {
      places: answers.flatMap(({ cloud, answer }) =>
        answer instanceof Failure ? [] : answer.map((region) => ({ cloud: cloud.name, region })),
      ),
      problems: answers.flatMap(({ answer }) => (answer instanceof Failure ? [answer] : [])),
    }
  }

  async #spread(
    places: readonly Place[],
    ask: (cloud: Cloud, regions: readonly string[]) => Promise<Listing>,
    signal?: AbortSignal,
  ): Promise<Listing> {
    const listings = await Promise.all(
      this.#named.map(async (cloud): Promise<Listing> => {
        const own = eachOnce(places.filter((place) => place.cloud === cloud.name))
        if (own.length === 0) return { machines: [], unreadable: [] }
        const regions = own.map(({ region }) => region)
        const answer = await orFailure(ask(cloud, regions), signal)
        return answer instanceof Failure ? { machines: [], unreadable: allOf(own, answer) } : answer
      }),
    )
    return {
      machines: listings.flatMap(({ machines }) => machines),
      unreadable: listings.flatMap(({ unreadable }) => unreadable),
    }
  }
}

function eachOnce(places: readonly Place[]): readonly Place[] {
  return [...new Map(places.map((place) => [placeKey(place), place])).values()]
}

function allOf(places: readonly Place[], failure: Failure): readonly Unreadable[] {
  return places.map((place) => ({ place, failure }))
}
