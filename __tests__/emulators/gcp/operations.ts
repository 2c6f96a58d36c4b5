import { randomBytes } from 'node:crypto'
import { idFrom } from './numbers.ts'
import type { Trouble } from './wire.ts'

/** One entry of the project's record. */
export interface Operation {
  readonly name: string
  readonly id: string
  readonly type: string
  /** Undefined = of a region. */
  readonly zone: string | undefined
  readonly region: string
  /** Path of what it is done to, from `projects/` on. */
  readonly target: string
  readonly targetId: string
  readonly user: string
  /** Unix ms. */
  readonly begun: number
  /** Unix ms; undefined while it goes on. */
  done: number | undefined
  /** How it was told first. */
  readonly first: 'RUNNING' | 'PENDING'
  looks: number
  readonly trouble: readonly Trouble[]
  /** Where a whole region was asked: the zone that it came to. */
  readonly placed: string | undefined
}

type Beginning = Pick<Operation, 'type' | 'zone' | 'region' | 'target' | 'targetId'> &
  Partial<Pick<Operation, 'trouble' | 'placed' | 'user' | 'first' | 'done' | 'name'>>

/** The project's record of what was done to its machines. */
export class Operations {
  readonly all: Operation[] = []
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  begin(order: Beginning): Operation {
    const begun = this.#now()
    const operation: Operation = {
      name: `operation-${begun}-${randomBytes(7).toString('hex').slice(0, 13)}-${randomBytes(4).toString('hex')}-${randomBytes(4).toString('hex')}`,
      id: idFrom(`operation ${this.all.length} ${begun}`),
      user: 'ci@my-project.iam.gserviceaccount.com',
      done: undefined,
      first: 'RUNNING',
      trouble: [],
      placed: undefined,
      ...order,
      begun,
      looks: 0,
    }
    this.all.push(operation)
    return operation
  }

  /** What Compute Engine or the machine itself does. */
  happen(order: Beginning): Operation {
    const name = `systemevent-${this.#now()}-${randomBytes(7).toString('hex').slice(0, 13)}-${randomBytes(4).toString('hex')}`
    return this.begin({ ...order, name, user: 'system', done: this.#now() })
  }

  find(
    place: { readonly zone?: string | undefined; readonly region?: string | undefined },
    name: string,
  ): Operation | undefined {
    return this.all.find(
      (operation) =>
        operation.name === name &&
        (place.zone === undefined
          ? operation.zone === undefined && operation.region === place.region
          : operation.zone === place.zone),
    )
  }

  /** One look at an operation: it moves on with looks. */
  look(operation: Operation, looks: number): void {
    operation.looks++
    if (operation.done === undefined && operation.looks > looks) operation.done = this.#now()
  }
}
