import { Failure } from '../../model/failure.ts'
import { digest } from '../../model/identity.ts'
import { isAlive, renderCandidate } from '../../model/instance.ts'
import { oursOf, wishOf, type Owned } from '../../model/ownership.ts'
import type { CloudContext, CreateOrder, Intent } from '../cloud.ts'
import type { AwsCandidate } from './candidate.ts'
import type { Ec2 } from './client.ts'
import { findRemembered, readInstance } from './instances.ts'
import type { Refusals } from './memory.ts'
import { requestOf } from './run-request.ts'
import type { Call } from '../../lib/sending.ts'
import { limits } from './limits.ts'

/** How often a token may have been spent by machines that have ended, and how long a twin may stay invisible. */
const bounds = { generations: 4, twinLooks: 12, twinSpacing: 1_000 } as const

/** What one creation needs. */
export interface Creation {
  readonly ec2: Ec2
  readonly candidate: AwsCandidate
  readonly order: CreateOrder
  readonly context: CloudContext
  readonly signal?: AbortSignal | undefined
}

/** One machine by one mutating call. Places known to be empty are refused without asking. */
export async function create(creation: Creation, refusals: Refusals): Promise<Owned> {
  const { candidate, order } = creation
  const known = refusals.known(candidate)
  if (known) throw known
  checkPayload(order)
  try {
    return await createGeneration(creation, 1)
  } catch (error) {
    if (error instanceof Failure) refusals.note(candidate, error)
    throw error
  }
}

function checkPayload({ payload }: CreateOrder): void {
  if (payload.length <= limits.payloadBytes) return
  throw new Failure('invalid-input', {
    tried: 'send the machine its setup',
    said: `it is ${payload.length} bytes, and EC2 takes at most ${limits.payloadBytes}`,
    fix: 'shorten `cloud-startup-script`: let it fetch what is large.',
  })
}

/**
 * A token that is spent (its machine has ended) is replaced by that of the next generation. A token that a twin of ours has used with other
 * contents leads to the twin's machine.
 */
async function createGeneration(creation: Creation, generation: number): Promise<Owned> {
  const { candidate, order } = creation
  const token = tokenOf(order.lease.identity, candidate, generation)
  const instance = await runInstances(creation, token)
  if (instance) return instance
  if (generation < bounds.generations) return createGeneration(creation, generation + 1)
  throw new Failure('conflict', {
    tried: `launch ${renderCandidate(candidate)}`,
    said: `the machines of ${bounds.generations} earlier tries of this very launch have ended`,
    code: 'IdempotentInstanceTerminated',
    fix: 'start a new run instead of repeating this one.',
  })
}

/** Undefined when the token is spent. */
async function runInstances(creation: Creation, token: string): Promise<Owned | undefined> {
  const { ec2, candidate, order, signal } = creation
  const { region } = candidate
  try {
    const { Instances = [] } = await ec2.runInstances(region, requestOf(candidate, order, token), {
      tried: `launch ${renderCandidate(candidate)}`,
      signal,
    })
    const machine = Instances[0]
    if (!machine?.InstanceId)
      throw new Failure('unavailable', {
        tried: `launch ${renderCandidate(candidate)}`,
        said: 'EC2 answered without a machine',
      })
    const instance: Owned = { lease: order.lease, ...readInstance(region, machine) }
    // Before 2025 EC2 answered a spent token with the machine that had ended.
    return instance.state === 'ending' || instance.state === 'gone' ? undefined : instance
  } catch (error) {
    const code = error instanceof Failure ? error.explanation.code : undefined
    if (code === 'IdempotentInstanceTerminated') return undefined
    if (code !== 'IdempotentParameterMismatch') throw error
    const twin = await awaitTwin(creation, token)
    if (twin === 'invisible') throw error
    return twin === 'ended' ? undefined : twin
  }
}

/** The machine that a twin of this launch has made with our token; listings may lag behind it. */
async function awaitTwin(creation: Creation, token: string): Promise<Owned | 'ended' | 'invisible'> {
  const { ec2, signal } = creation
  const { region } = creation.candidate
  const { lease } = creation.order
  const { clock, log } = creation.context
  for (let looks = 1; ; looks++) {
    const machines = await findRemembered(ec2, lease.identity, region, signal)
    const read = machines.map((machine) => readInstance(region, machine))
    const living = oursOf(read, wishOf(lease)).find(isAlive)
    if (living) {
      log.info(`An earlier try of this very launch has made ${living.id}: taking it over.`)
      return living
    }
    // Ended, or of somebody who has spent our token on a machine that is not this launch's.
    if (machines.some((machine) => machine.ClientToken === token)) return 'ended'
    if (looks >= bounds.twinLooks) return 'invisible'
    await clock.sleep(bounds.twinSpacing, signal)
  }
}

/** The creating call as EC2 would take it or refuse it, for the right to make it alone: it always ends with a Failure, and nothing is made. */
export async function rehearse(ec2: Ec2, candidate: AwsCandidate, intent: Intent, call: Call): Promise<void> {
  const order = { ...intent, payload: Buffer.from('#!/bin/sh\n') }
  const request = requestOf(candidate, order, tokenOf(intent.lease.identity, candidate, 0))
  await ec2.runInstances(candidate.region, { ...request, DryRun: true }, call)
}

/** At most 64 ASCII characters. Equal for every try of one launch on one candidate, whatever the process. */
export function tokenOf(
  identity: string,
  { region, place, type, market }: AwsCandidate,
  generation: number,
): string {
  return `${identity}-${digest([region, place ?? '', type, market, String(generation)])}`
}
