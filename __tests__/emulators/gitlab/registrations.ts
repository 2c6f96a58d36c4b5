import { randomBytes } from 'node:crypto'

/** Where runners belong. */
export type Scope = `projects/${string}` | `groups/${string}` | 'instance'

export type AccessLevel = 'not_protected' | 'ref_protected'

/** One machine that used a runner's token. */
export interface Manager {
  readonly id: number
  readonly systemId: string
  readonly createdAt: number
  seenAt: number
  /** As GitLab heard of it. */
  contactedAt: number
  version?: string
  revision?: string
  platform?: string
  architecture?: string
}

/** A runner as the service knows it: the truth, before any dial lies about it. */
export interface Registration {
  readonly id: number
  readonly scope: Scope
  /** Other projects that it was enabled for. */
  readonly alsoIn: readonly Scope[]
  /** Somebody made it who is still there; else a registration token did, as before GitLab 16, or its user is gone. */
  readonly hasCreator: boolean
  /** What the runner proves itself with: `glrt-…`. */
  token: string
  /** Unix milliseconds from which on the token is refused; undefined = never. */
  tokenExpiresAt: number | undefined
  description: string
  tags: readonly string[]
  runUntagged: boolean
  locked: boolean
  paused: boolean
  accessLevel: AccessLevel
  /** Seconds. */
  maximumTimeout: number | undefined
  maintenanceNote: string | undefined
  readonly createdAt: number
  /** When anything last spoke with its token; undefined = never. */
  seenAt?: number
  /** The last contact that GitLab heard of: what it shows. */
  contactedAt?: number
  /** The last one that was written into the database: what its lists are filtered by. */
  writtenAt?: number
  managers: Manager[]
  /** Changes whenever there may be new work; whoever knows it already need not ask again. */
  queue: string
  /** When that began, unix ms. */
  queuedAt: number
  /** A test says what there would be to see, and no program is behind it. */
  staged?: { readonly online: boolean; readonly busy: boolean }
  /** Lists that have not shown it yet. */
  looks: number
}

export type NewRegistration = Pick<
  Registration,
  | 'scope'
  | 'alsoIn'
  | 'hasCreator'
  | 'description'
  | 'tags'
  | 'runUntagged'
  | 'locked'
  | 'paused'
  | 'accessLevel'
  | 'maximumTimeout'
  | 'maintenanceNote'
>

/** The registrations of all scopes, and the shadows of deleted ones that lists may still show. */
export class Registrations {
  readonly #byId = new Map<number, Registration>()
  readonly #byToken = new Map<string, Registration>()
  #ghosts: { readonly runner: Registration; looks: number }[] = []
  readonly #issued: string[] = []
  #lastId = 40
  #lastManager = 900

  /** `tokenLifetime`: ms that the server gives a runner's token. */
  add(given: NewRegistration, now: number, tokenLifetime = Infinity): Registration {
    const runner: Registration = {
      id: ++this.#lastId,
      token: this.#issue(given.scope),
      tokenExpiresAt: tokenLifetime === Infinity ? undefined : now + tokenLifetime,
      createdAt: now,
      managers: [],
      queue: newQueue(),
      queuedAt: now,
      looks: 0,
      ...given,
    }
    this.#byId.set(runner.id, runner)
    this.#byToken.set(runner.token, runner)
    return runner
  }

  /** Every token that was ever given out. */
  get issued(): readonly string[] {
    return this.#issued
  }

  resetToken(runner: Registration): string {
    this.#byToken.delete(runner.token)
    runner.token = this.#issue(runner.scope)
    this.#byToken.set(runner.token, runner)
    return runner.token
  }

  delete(runner: Registration, looks: number): void {
    this.#byId.delete(runner.id)
    this.#byToken.delete(runner.token)
    if (looks > 0) this.#ghosts.push({ runner, looks })
  }

  all(): readonly Registration[] {
    return [...this.#byId.values()]
  }

  get(id: number): Registration | undefined {
    return this.#byId.get(id)
  }

  /** Whose token it is, unless that has expired. */
  withToken(token: string, now: number): Registration | undefined {
    const runner = this.#byToken.get(token)
    return runner && now < (runner.tokenExpiresAt ?? Infinity) ? runner : undefined
  }

  /** What a list shows, the oldest first: without those that are too new for it, with those that are still in it. */
  listed(hidden: number): readonly Registration[] {
    const ghosts = this.#ghosts.filter((ghost) => ghost.looks-- > 0).map(({ runner }) => runner)
    this.#ghosts = this.#ghosts.filter(({ looks }) => looks > 0)
    const shown = this.all().filter((runner) => ++runner.looks > hidden)
    // Pagination by offset orders by number where a list has no order of its own.
    return [...shown, ...ghosts].sort((one, other) => one.id - other.id)
  }

  manager(runner: Registration, systemId: string, now: number): Manager {
    const known = runner.managers.find((manager) => manager.systemId === systemId)
    if (known) return known
    const added = { id: ++this.#lastManager, systemId, createdAt: now, seenAt: now, contactedAt: now }
    runner.managers.push(added)
    return added
  }

  #issue(scope: Scope): string {
    // The digit tells the type: 1 of the instance, 2 of a group, 3 of a project.
    const type = scope === 'instance' ? 1 : scope.startsWith('groups/') ? 2 : 3
    const token = `glrt-t${type}_${randomBytes(15).toString('base64url')}`
    this.#issued.push(token)
    return token
  }
}

export function newQueue(): string {
  return randomBytes(16).toString('hex')
}
