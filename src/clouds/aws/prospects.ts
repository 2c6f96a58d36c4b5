import { type Check, checkOf, outcomeOf } from '../../model/check.ts'
import { renderCandidate } from '../../model/instance.ts'
import { checkPrice as checkPriced } from '../../model/checks-of-machines.ts'
import type { Cloud, MachineRequest } from '../cloud.ts'
import type { AwsCandidate } from './candidate.ts'
import { parseType } from './families.ts'

/** What can be said of the machines themselves: image, way out, quota, price. */
export async function* examineMachines(
  cloud: Pick<Cloud, 'price'>,
  candidates: readonly AwsCandidate[],
  request: MachineRequest,
  signal?: AbortSignal,
): AsyncIterable<Check> {
  for (const { image, region } of firstOf(candidates, ({ image: { id } }) => id))
    yield { what: `image in ${region}`, verdict: 'good', said: `${image.name} (${image.id})` }
  for (const { region, wayOut } of firstOf(candidates, (one) => `${one.region} ${one.wayOut}`))
    yield { what: `way out of the network in ${region}`, verdict: 'unknown', said: wayOut }
  for (const candidate of firstOf(candidates, quotaOf)) yield checkQuota(candidate)
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

function quotaOf({ region, market, type }: AwsCandidate): string {
  return [region, market, parseType(type)?.quotaClass].join(' ')
}

/** Only `servicequotas:GetServiceQuota` tells, which no launch needs; a dry run does not look. */
function checkQuota({ region, market, type }: AwsCandidate): Check {
  const { quotaClass = type, vcpus = Infinity } = parseType(type) ?? {}
  const named = market === 'spot' ? `All ${quotaClass}` : `Running On-Demand ${quotaClass}`
  const size = Number.isFinite(vcpus) ? `${type} takes ${vcpus} vCPUs of it` : `${type} is one of its largest`
  return {
    what: `quota for ${market} ${quotaClass} machines in ${region}`,
    verdict: 'unknown',
    said: `${size}; how much there is, EC2 does not tell by what a launch may ask`,
    fix: `look: aws service-quotas list-service-quotas --service-code ec2 --region ${region} --query "Quotas[?starts_with(QuotaName, '${named}')].[QuotaName,Value]" --output table`,
  }
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
