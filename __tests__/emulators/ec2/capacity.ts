import { names } from '../cloud/dials.ts'
import { sellers } from './catalogue.ts'
import type { EmulatedSubnet } from './network.ts'
import { Refusal, type Pool } from './wire.ts'
import type { World } from './world.ts'

/** Capacity comes last, as HTTP 500; quotas as HTTP 400. The zone EC2 chose by itself is named like one that was asked for. */
export function checkCapacity(
  { dials }: World,
  { type, zone, region, market }: Pool,
  subnet: EmulatedSubnet,
): void {
  const family = type.split('.', 1)[0]!
  const sold = sellers(type, region)
  const choices = sold.filter((other) => other !== zone && !names(dials.dry, [type, other, market]))
  if (!sold.includes(zone)) {
    throw new Refusal(
      'Unsupported',
      `Your requested instance type (${type}) is not supported in your requested Availability Zone (${zone}). Please retry your request by not specifying an Availability Zone or choosing ${sold.join(', ')}.`,
    )
  }
  if (names(dials.exhausted, [family, region, market])) throw quotaRefusal(market)
  const other = dials.refuse?.({ type, zone, region, market })
  if (other) throw new Refusal(other.code, other.message, other.status)
  if (subnet.freeAddresses <= 0) {
    throw new Refusal(
      'InsufficientFreeAddressesInSubnet',
      `There are not enough free addresses in subnet '${subnet.id}' to satisfy the requested number of instances.`,
    )
  }
  if (!names(dials.dry, [type, zone, market])) return
  if (market === 'spot')
    throw new Refusal(
      'InsufficientInstanceCapacity',
      'There is no Spot capacity available that matches your request.',
      500,
    )
  throw new Refusal(
    'InsufficientInstanceCapacity',
    `We currently do not have sufficient ${type} capacity in the Availability Zone you requested (${zone}). Our system will be working on provisioning additional capacity. You can currently get ${type} capacity by not specifying an Availability Zone in your request${choices.length > 0 ? ` or choosing ${choices.join(', ')}` : ''}.`,
    500,
  )
}

function quotaRefusal(market: Pool['market']): Refusal {
  if (market === 'spot')
    return new Refusal('MaxSpotInstanceCountExceeded', 'Max spot instance count exceeded')
  return new Refusal(
    'VcpuLimitExceeded',
    'You have requested more vCPU capacity than your current vCPU limit of 0 allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.',
  )
}
