import type { FailureKind } from '../../model/failure.ts'
import type { Instance } from '../../model/instance.ts'
import type { CloudContext } from '../cloud.ts'
import type { Compute, GceInstance, Operation } from './compute.ts'
import { isOptionalFailure } from './failures.ts'

type Ended = NonNullable<Instance['ended']>

interface EndRow {
  readonly kind: FailureKind
  readonly text: string
}

/** Operations that end or stop a machine, by their type: the project's own record of why. https://cloud.google.com/compute/docs/logging/audit-logging */
const ends: Readonly<Record<string, EndRow>> = {
  'compute.instances.preempted': {
    kind: 'capacity-unavailable',
    text: 'Compute Engine took the spot machine back',
  },
  'compute.instances.guestTerminate': { kind: 'unavailable', text: 'the machine powered itself off' },
  'compute.instances.hostError': {
    kind: 'failed-precondition',
    text: 'the hardware under the machine failed',
  },
  'compute.instances.terminateOnHostMaintenance': {
    kind: 'failed-precondition',
    text: 'the host of the machine was taken down for maintenance',
  },
  stop: { kind: 'cancelled', text: 'somebody stopped the machine' },
  suspend: { kind: 'cancelled', text: 'somebody suspended the machine' },
  delete: { kind: 'cancelled', text: 'somebody deleted the machine' },
}

/**
 * Why machines have ended. The record of operations is an optional read: without it a machine that is switched off counts as somebody's, who may want it again,
 * until its lease is over.
 */
export class Ends {
  readonly #compute: Compute
  readonly #context: CloudContext
  /** By the machine's number and start: what has happened does not change. */
  readonly #known = new Map<string, Ended>()
  #denied = false

  constructor(compute: Compute, context: CloudContext) {
    this.#compute = compute
    this.#context = context
  }

  /** Of a machine that is switched off, and still there. */
  async ofStopped(machine: Instance, { id, status }: GceInstance, signal?: AbortSignal): Promise<Ended> {
    const code = status ?? 'Unknown'
    const told = await this.#told(machine, id ?? '', signal)
    const { kind, text } = told ?? {
      kind: machine.market === 'spot' ? ('capacity-unavailable' as const) : ('cancelled' as const),
      text:
        machine.market === 'spot'
          ? 'the spot machine was stopped'
          : 'somebody or the machine itself stopped it',
    }
    return {
      kind,
      code: told?.code ?? code,
      text: `the machine was stopped, not ended, and its disk is still billed: ${text}`,
    }
  }

  /** Of one that was there and is there no more. */
  async ofGone(machine: Instance, number: string, signal?: AbortSignal): Promise<Ended> {
    const told = await this.#told(machine, number, signal)
    if (told) return told
    return machine.market === 'spot'
      ? {
          kind: 'capacity-unavailable',
          code: 'Gone',
          text: 'the spot machine is gone: Compute Engine has taken it back, or somebody has deleted it',
        }
      : { kind: 'unavailable', code: 'Gone', text: 'the machine is gone: it or somebody else has deleted it' }
  }

  async #told(machine: Instance, number: string, signal?: AbortSignal): Promise<Ended | undefined> {
    const zone = machine.zone ?? ''
    const key = `${number} ${machine.launchedAt}`
    const known = this.#known.get(key)
    if (known || this.#denied || number === '') return known
    try {
      const operations = await this.#compute.operationsOn(zone, number, {
        tried: `read why ${machine.id} has ended`,
        signal,
        attempts: 2,
      })
      const ended = endIn(operations)
      if (ended) this.#known.set(key, ended)
      return ended
    } catch (error) {
      signal?.throwIfAborted()
      if (!isOptionalFailure(error)) throw error
      this.#denied = error.kind === 'permission-denied'
      this.#context.log.debug(error.message)
      return undefined
    }
  }
}

/** The latest of them that has a row. */
function endIn(operations: readonly Operation[]): Ended | undefined {
  const found = operations
    .filter(({ operationType }) => Object.hasOwn(ends, operationType ?? ''))
    .toSorted((one, other) => timeOf(other) - timeOf(one))
  // Who takes a spot machine back also deletes it.
  const first = found.find(({ operationType }) => operationType !== 'delete') ?? found[0]
  const row = ends[first?.operationType ?? '']
  return row && { kind: row.kind, text: byWhom(row.text, first?.user), code: first?.operationType ?? '' }
}

/** A service account is named: it tells a sweep from a job. A person is not: logs are read by many, and an address is theirs. */
function byWhom(text: string, user: string | null | undefined): string {
  return user?.endsWith('.gserviceaccount.com') ? text.replace(/^somebody/, `the account ${user}`) : text
}

function timeOf({ insertTime }: Operation): number {
  return Date.parse(insertTime ?? '') || 0
}
