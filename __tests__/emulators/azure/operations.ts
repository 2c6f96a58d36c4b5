import { randomBytes, randomUUID } from 'node:crypto'
import type { Trouble } from './wire.ts'

/** An order that is carried out while somebody asks about it. */
export interface Operation {
  readonly kind: 'compute' | 'network'
  readonly id: string
  readonly location: string
  /** Unix ms. */
  readonly begun: number
  readonly signature: string
  ended: number | undefined
  looks: number
  trouble: Trouble | undefined
}

/** The end of a whole group, which has an address that changes with each look. */
export interface GroupEnd {
  readonly group: string
  token: string
  looks: number
}

export class Operations {
  readonly all: Operation[] = []
  readonly ends: GroupEnd[] = []

  begin(kind: Operation['kind'], location: string, now: number): Operation {
    const secret = (bytes: number): string => randomBytes(bytes).toString('base64url')
    const operation: Operation = {
      kind,
      id: randomUUID(),
      location,
      begun: now,
      signature: `t=${now}&c=${secret(40)}&s=${secret(40)}&h=${secret(24)}`,
      ended: undefined,
      looks: 0,
      trouble: undefined,
    }
    this.all.push(operation)
    return operation
  }

  beginEnd(group: string): GroupEnd {
    const end = { group, token: randomBytes(12).toString('base64url'), looks: 0 }
    this.ends.push(end)
    return end
  }

  find(id: string): Operation | undefined {
    return this.all.find((operation) => operation.id === id)
  }
}
