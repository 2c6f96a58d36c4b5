import { randomBytes } from 'node:crypto'
import type { Job } from './jobs.ts'
import type { Session } from './sessions.ts'

/** `repos/org/repo` or `orgs/org`: where runners belong. */
export type Scope = `repos/${string}/${string}` | `orgs/${string}`

export interface Label {
  readonly id: number
  readonly name: string
  readonly type: 'read-only' | 'custom'
}

/** A runner as the service knows it: the truth, before any dial lies about it. */
export interface Registration {
  readonly id: number
  readonly scope: Scope
  readonly name: string
  groupId: number
  labels: readonly Label[]
  ephemeral: boolean
  readonly jit: boolean
  /** Undefined until it has connected once. */
  version?: string
  /** What the runner proves itself with. */
  credential: string
  readonly createdAt: number
  /** When it was last seen; undefined = never. */
  seenAt?: number
  /** Since when it has been idle and connected. */
  idleSince?: number
  session?: Session
  /** The job that it has been given. */
  job?: Job
  disableUpdate: boolean
  /** A test says what there would be to see, and no program is behind it. */
  staged?: { readonly online: boolean; readonly busy: boolean }
  /** Reads that have not shown it yet. */
  looks: number
}

export interface NewRegistration {
  readonly scope: Scope
  readonly name: string
  readonly groupId: number
  readonly labels: readonly { readonly name: string; readonly type: Label['type'] }[]
  readonly ephemeral: boolean
  readonly jit: boolean
  readonly disableUpdate?: boolean
}

export interface Group {
  readonly id: number
  readonly name: string
  readonly default: boolean
}

interface Crowd {
  readonly scope: Scope
  readonly prefix: string
  readonly labels: readonly string[]
}

/** The registrations of all scopes. Names are unique within one, whatever the case. */
export class Registrations {
  readonly groups: readonly Group[] = [
    { id: 1, name: 'Default', default: true },
    { id: 4, name: 'gpu', default: false },
  ]
  readonly #byId = new Map<number, Registration>()
  #lastId = 20

  add({ labels, ...given }: NewRegistration, now: number): Registration {
    const registration: Registration = {
      id: ++this.#lastId,
      createdAt: now,
      credential: randomBytes(24).toString('hex'),
      disableUpdate: false,
      looks: 0,
      ...given,
      labels: this.labelled(labels),
    }
    this.#byId.set(registration.id, registration)
    return registration
  }

  /** GitHub gives all labels one id. */
  labelled(labels: NewRegistration['labels']): readonly Label[] {
    return labels.map(({ name, type }) => ({ id: 0, name, type }))
  }

  delete(registration: Registration): void {
    this.#byId.delete(registration.id)
  }

  all(): readonly Registration[] {
    return [...this.#byId.values()]
  }

  of(scope: Scope): readonly Registration[] {
    return this.all().filter((registration) => registration.scope === scope)
  }

  get(scope: Scope, id: number): Registration | undefined {
    const registration = this.#byId.get(id)
    return registration?.scope === scope ? registration : undefined
  }

  named(scope: Scope, name: string): Registration | undefined {
    return this.of(scope).find((registration) => registration.name.toLowerCase() === name.toLowerCase())
  }

  withCredential(credential: string): Registration | undefined {
    return this.all().find((registration) => registration.credential === credential)
  }

  /** A crowd of runners that were here once and are offline. */
  seed(count: number, { scope, prefix, labels }: Crowd, now: number): void {
    for (let index = 1; index <= count; index++) {
      const all = [
        ...['self-hosted', 'Linux', 'X64'].map((name) => ({ name, type: 'read-only' as const })),
        ...labels.map((name) => ({ name, type: 'custom' as const })),
      ]
      const stale = this.add(
        { scope, name: `${prefix}-${index}`, groupId: 1, labels: all, ephemeral: false, jit: false },
        now,
      )
      stale.version = '2.336.0'
      stale.seenAt = now
    }
  }
}
