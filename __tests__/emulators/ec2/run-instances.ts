import type { Machine } from './machines.ts'
import { orderOf } from './order.ts'
import type { Shape } from './schema.ts'
import { invalid, Refusal } from './wire.ts'
import { record, text, type World } from './world.ts'

/** RunInstances as far as one machine with everything inline goes. Returns the machine, old or new. */
export function runInstances(world: World, region: string, input: Shape): Machine {
  if (input.MinCount !== 1 || input.MaxCount !== 1)
    throw invalid('this emulator launches one machine per call')
  const token = checkToken(text(input, 'ClientToken'))
  const key = token && [region, zoneAsked(input), token].join('|')
  const fingerprint = JSON.stringify(input)
  const earlier = key ? world.tokens.get(key) : undefined
  if (earlier) return repeat(earlier, fingerprint, world.dials.mismatchFirst)
  const machine = world.machines.create(orderOf(world, region, input, token))
  if (key) world.tokens.set(key, { fingerprint, machine })
  return machine
}

function checkToken(token: string | undefined): string | undefined {
  if (token !== undefined && !/^[\x21-\x7e]{1,64}$/.test(token)) {
    throw invalid(
      `Value (${token}) for parameter clientToken is invalid. Up to 64 ASCII characters are allowed.`,
    )
  }
  return token
}

/** A token holds for one region and one zone: elsewhere it launches again. */
function zoneAsked(input: Shape): string {
  return text(record(input, 'Placement'), 'AvailabilityZone') ?? ''
}

/** The same token again: the same machine, a mismatch, or a machine that has ended. */
function repeat(
  earlier: { readonly fingerprint: string; readonly machine: Machine },
  fingerprint: string,
  mismatchFirst: boolean,
): Machine {
  const same = earlier.fingerprint === fingerprint
  if (earlier.machine.ended && (same || !mismatchFirst)) {
    throw new Refusal(
      'IdempotentInstanceTerminated',
      'The instance that was launched with the specified client token has already been terminated.',
    )
  }
  if (same) return earlier.machine
  throw new Refusal(
    'IdempotentParameterMismatch',
    'The client token you have provided is associated with a resource that is already deleted or has different parameters.',
  )
}
