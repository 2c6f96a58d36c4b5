import type { Clock } from '../../lib/clock.ts'
import { endOf } from '../../lib/deadline.ts'
import type { Log } from '../../lib/log.ts'
import type { Registration } from '../../machine/agent-config.ts'
import { Failure } from '../../model/failure.ts'
import { isOfTryOf } from '../../model/ownership.ts'
import { identityOfRunner, uniqueLabel } from '../../model/runner.ts'
import type { ValuesOf } from '../../options/option.ts'
import type { RegistrationRequest } from '../forge.ts'
import { readNamespace, readNewRunner, readScopes, type NewRunner, type RunnerRow } from './answers.ts'
import { scopesCaveat, tokensEndCaveat } from './caveats.ts'
import { readIfTold, type Api } from './client.ts'
import type { gitlabOptions } from './options.ts'
import { type Locator, pathOf, type Place } from './place.ts'
import { type Credentials, explainCreation, neededToken } from './rights.ts'
import type { Runners } from './runners.ts'
import { noise } from './sample.ts'
import type { Scope } from './scope.ts'
import { nameTag, tagsOf } from './tags.ts'
import { takenBy, takenByTwin } from './taken.ts'

export interface RegistrarParts {
  readonly api: Api
  readonly scope: Scope
  readonly locator: Locator
  readonly runners: Runners
  readonly credentials: Credentials
  readonly settings: ValuesOf<typeof gitlabOptions>
  readonly clock: Clock
  readonly log: Log
}

/** The least that GitLab takes as `maximum_timeout`, seconds (app/models/ci/runner.rb). */
const shortestTimeout = 600

/** ms between two tries of what GitLab fails to answer, and for how long it is tried where nobody has said how much time there is. */
const patience = { pause: 2_000, longest: 15_000, usual: 20_000 } as const

/** How often a list is read for what an unanswered try may have made. */
const patientLooks = 3
const pause = 1000

/** Makes runners (docs.gitlab.com/api/users/#create-a-runner-linked-to-a-user); GitLab registers them in that very call. */
export class Registrar {
  readonly #parts: RegistrarParts
  /** Numbers of the runners that this process has made, as far as GitLab's answers came. */
  readonly #made = new Set<string>()
  /** Names for which one may have been made that no answer told of. */
  readonly #inDoubt = new Set<string>()
  #warned = false

  constructor(parts: RegistrarParts) {
    this.#parts = parts
  }

  /**
   * Takes away first what this process has made for the same launch: its token is of no use any more, or never came. Throws `conflict`
   * when another process has made one, and `already-exists` when a machine uses ours.
   */
  async register(request: RegistrationRequest, signal?: AbortSignal): Promise<Registration> {
    const { clock, log } = this.#parts
    const place = await this.#parts.locator.place(signal)
    const end = endOf(signal) ?? clock.now() + patience.usual
    let looks = 1
    await this.#warnOfScopes(place, signal)
    for (let attempt = 1; ; attempt++) {
      // What comes in between is noticed once ours is made.
      if (attempt > 1 || !this.#parts.runners.sawNone(tagOf(request)))
        await this.#makeRoom(request, looks, signal)
      try {
        const made = await this.#create(request, place, signal)
        this.#made.add(made.id)
        await this.#yieldToFirst(made, request, signal)
        this.#parts.runners.remember(request.name, made.id)
        this.#warnOfTokensEnd(made, request)
        return this.#filled(made, place.server, request)
      } catch (error) {
        const inDoubt = error instanceof Failure && error.kind === 'unavailable'
        if (inDoubt) this.#inDoubt.add(request.name)
        const wait = Math.min(patience.longest, patience.pause * attempt) * (0.5 + clock.random() / 2)
        if (!inDoubt || clock.now() + wait > end) throw await this.#withReason(error, place, signal)
        log.debug(`No clear answer about runner ${request.name}: looking whether it was made.`)
        await clock.sleep(wait, signal)
        looks = patientLooks
      }
    }
  }

  /** A real token has 26 characters on older servers, and about 50 on newer ones. */
  sample(request: RegistrationRequest): Registration {
    const { origin, path, server } = this.#parts.scope
    const address = [origin, ...path.slice(0, server?.depth ?? 0)].join('/')
    const made = { id: '10000000', token: `glrt-${noise(45)}` }
    return this.#filled(made, address, request)
  }

  #filled({ id, token, tokenEndsAt }: NewRunner, url: string, { docker }: RegistrationRequest): Registration {
    const {
      executor,
      'docker-image': dockerImage,
      'docker-volumes': dockerVolumes = [],
    } = this.#parts.settings
    const kind = executor === 'shell' || docker === false ? 'shell' : 'docker'
    return {
      forge: 'gitlab',
      kind: 'runner',
      url,
      token,
      ...(tokenEndsAt === undefined ? {} : { tokenEndsAt }),
      id,
      executor: kind,
      dockerImage,
      dockerVolumes,
    }
  }

  /** Below a path every removal by number is refused to narrow scopes, and that would be noticed when something has to be undone. */
  async #warnOfScopes({ server, api }: Place, signal?: AbortSignal): Promise<void> {
    const below = pathOf(server)
    if (below === '' || this.#warned) return
    this.#warned = true
    const { scope, log } = this.#parts
    const own = `${api}/personal_access_tokens/self`
    const call = { tried: "look at the token's scopes", address: own, read: readScopes, signal }
    const scopes = await readIfTold(this.#parts.api, call)
    if (!scopes || scopes.includes('api')) return
    log.warn(scopesCaveat(below, scopes, neededToken(scope, below)))
  }

  /** Only `gitlab-runner run` renews a token, and machines run `run-single` (commands/multi.go, commands/single.go). */
  #warnOfTokensEnd({ tokenEndsAt }: NewRunner, { name, lifetime = Infinity }: RegistrationRequest): void {
    const { clock, log } = this.#parts
    if (tokenEndsAt === undefined || tokenEndsAt >= clock.now() / 1000 + lifetime) return
    log.warn(tokensEndCaveat(name, tokenEndsAt))
  }

  #create(request: RegistrationRequest, { kind, id, api }: Place, signal?: AbortSignal): Promise<NewRunner> {
    const { name, labels, lifetime } = request
    const identity = identityOfRunner(request)
    return this.#parts.api.send({
      tried: `create runner ${name} in ${this.#parts.scope.text}`,
      method: 'POST',
      address: `${api}/user/runners`,
      body: {
        runner_type: `${kind}_type`,
        [`${kind}_id`]: Number(id),
        description: name,
        tag_list: tagsOf(name, labels).join(','),
        run_untagged: false,
        ...(kind === 'project' ? { locked: true } : {}),
        ...(lifetime === undefined || lifetime < shortestTimeout
          ? {}
          : { maximum_timeout: Math.floor(lifetime) }),
        maintenance_note: `Made by cml-runner${identity ? ` for launch ${identity}` : ''}; it goes with its machine.`,
      },
      signal,
      read: readNewRunner,
    })
  }

  async #makeRoom(request: RegistrationRequest, looks: number, signal?: AbortSignal): Promise<void> {
    const { runners, clock } = this.#parts
    for (let look = 1; ; look++) {
      const found = await this.#namesakes(request, signal)
      for (const { id, online } of found) {
        if (!(await this.#isOurs(id, request, signal))) throw takenByTwin(request.name, this.#parts)
        if (online) throw takenBy(request.name, id, this.#parts)
        await runners.unregister(id, signal)
      }
      if (found.length > 0 || look >= looks) return
      await clock.sleep(pause, signal)
    }
  }

  /** Of the same launch, and of its name: anybody may write its tag on a runner of another one. */
  async #namesakes(request: RegistrationRequest, signal?: AbortSignal): Promise<readonly RunnerRow[]> {
    const tagged = await this.#parts.runners.tagged(tagOf(request), signal)
    return tagged.filter(({ name }) => name === request.name)
  }

  /** Two tries of one launch at one moment each saw none and made one. The first one stays, or each would wait for its own on one machine. */
  async #yieldToFirst({ id }: NewRunner, request: RegistrationRequest, signal?: AbortSignal): Promise<void> {
    const { runners } = this.#parts
    for (const other of await this.#namesakes(request, signal)) {
      if (Number(other.id) >= Number(id) || this.#made.has(other.id)) continue
      // Lists may still show what is gone.
      if (!(await runners.get(other.id, signal))) continue
      await runners.unregister(id, signal)
      throw takenByTwin(request.name, this.#parts)
    }
  }

  /** Made by this process: GitLab said so, or it may be what it did not answer about, and is of this very try. Gone is as good. */
  async #isOurs(id: string, request: RegistrationRequest, signal?: AbortSignal): Promise<boolean> {
    if (this.#made.has(id)) return true
    const runner = await this.#parts.runners.get(id, signal)
    if (!runner) return true
    return this.#inDoubt.has(request.name) && isOfTryOf(runner, request) && runner.connected === false
  }

  /** GitLab forbids the creation without a reason; the token's role in the project narrows it down. */
  async #withReason(error: unknown, place: Place, signal?: AbortSignal): Promise<unknown> {
    if (!(error instanceof Failure) || error.kind !== 'permission-denied') return error
    if (error.explanation.code === 'insufficient_scope') return error
    const { scope, credentials } = this.#parts
    const role = place.kind === 'project' ? await this.#role(place, signal) : undefined
    const why = explainCreation(role, place.kind, { scope, credentials, below: pathOf(place.server) })
    return new Failure(error.kind, { ...error.explanation, ...why }, { cause: error.cause })
  }

  async #role({ api, id }: Place, signal?: AbortSignal): Promise<number | undefined> {
    const what = `look up the token's role in ${this.#parts.scope.text}`
    const call = { tried: what, address: `${api}/projects/${id}`, read: readNamespace, signal }
    return (await readIfTold(this.#parts.api, call))?.role
  }
}

/** What every try of one launch puts on its runner. */
function tagOf(request: RegistrationRequest): string {
  const identity = identityOfRunner(request)
  return identity ? uniqueLabel(identity) : nameTag(request.name)
}

/** Texts in it that no log may show. */
export function secretsOf(registration: Registration): readonly string[] {
  return registration.forge === 'gitlab' ? [registration.token] : []
}
