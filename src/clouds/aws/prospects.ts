import { type Check, checkOf, outcomeOf } from '../../model/check.ts'
import { renderCandidate } from '../../model/instance.ts'
import { checkPrice as checkPriced } from '../../model/checks-of-machines.ts'
import { checkQuotas } from '../../model/quota.ts'
import type { Cloud, CloudContext, MachineRequest } from '../cloud.ts'
import type { AwsCandidate } from './candidate.ts'
import type { Ec2 } from './client.ts'
import { drawsOf } from './quotas.ts'

interface Prospect {
  readonly cloud: Pick<Cloud, 'price'>
  readonly ec2: Pick<Ec2, 'signing'>
  readonly context: CloudContext
  readonly request: MachineRequest
}

/** What can be said of the machines themselves: image, way out, quota, price. */
export async function* examineMachines(
  { cloud, ec2, context, request }: Prospect,
  candidates: readonly AwsCandidate[],
  signal?: AbortSignal,
): AsyncIterable<Check> {
  for (const { image, region } of firstOf(candidates, ({ image: { id } }) => id))
    yield { what: `image in ${region}`, verdict: 'good', said: `${image.name} (${image.id})` }
  for (const { region, wayOut } of firstOf(candidates, (one) => `${one.region} ${one.wayOut}`))
    yield { what: `way out of the network in ${region}`, verdict: 'unknown', said: wayOut }
  yield* checkQuotas(await drawsOf(candidates, ec2, context, signal))
  for (const candidate of firstOf(candidates, ({ market }) => market)) {
    yield await checkPrice(candidate, cloud.price(candidate, signal), request)
    signal?.throwIfAborted()
  }
}

/** The first of each. */
function firstOf(
  candidates: readonly AwsCandidate[],
  keyOf: (candidate: AwsCandidate) => string,
): readonly AwsCandidate[] {
  const keyed = candidates.map((one) => [keyOf(one), one] as const)
  return [...new Map(keyed.toReversed()).values()].toReversed()
}

async function checkPrice(
  candidate: AwsCandidate,
  reading: ReturnType<Cloud['price']>,
  { lifetime }: MachineRequest,
): Promise<Check> {
  const what = `price of ${renderCandidate(candidate)}`
  const { value: price, failure } = await outcomeOf(reading)
  // A launch does without.
  if (failure) return { ...checkOf(what, failure), verdict: 'unknown' }
  if (!price)
    return {
      what,
      verdict: 'unknown',
      said: 'neither EC2 nor the list that comes with this program tells it',
    }
  return checkPriced(what, price, candidate, lifetime)
}
