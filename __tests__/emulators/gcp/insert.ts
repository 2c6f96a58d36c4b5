import { names } from '../cloud/dials.ts'
import { object, text, type JsonObject } from '../cloud/rest.ts'
import { sells, zonesByRegion } from './catalogue.ts'
import type { Order } from './machines.ts'
import { targetOf } from './machines.ts'
import type { Operation } from './operations.ts'
import { orderOf } from './order.ts'
import { Refusal, invalid, type Pool, type Trouble } from './wire.ts'
import type { World } from './world.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** A request id that was seen is the same order: its operation is told again, and nothing is begun. */
export function repeated(world: World, requestId: string | undefined): Operation | undefined {
  if (requestId === undefined) return undefined
  if (!uuid.test(requestId))
    throw invalid(`Invalid value for field 'requestId': '${requestId}'. Must be a valid UUID.`)
  const name = world.requests.get(requestId)
  return world.operations.all.find((operation) => operation.name === name)
}

/** One machine in the zone that was named. */
export function insert(
  world: World,
  zone: string,
  requestId: string | undefined,
  body: JsonObject,
): Operation {
  checkZone(zone)
  const known = repeated(world, requestId)
  if (known) return known
  const name = text(body.name) ?? ''
  if (world.machines.find(zone, name)) throw taken(world, zone, name)
  const order = orderOf(world, zone, name, body)
  checkQuota(world, order)
  const trouble = troubleOf(world, order)
  return begin(world, { type: 'insert', order, trouble, zone, requestId })
}

/** One machine in whichever zone of the region has it. */
export function bulkInsert(
  world: World,
  region: string,
  requestId: string | undefined,
  body: JsonObject,
): Operation {
  const known = repeated(world, requestId)
  if (known) return known
  const zones = zonesByRegion[region]
  if (!zones || body.instanceProperties === undefined)
    throw invalid(`Invalid value for field 'region': '${region}'. Unknown region.`)
  if (Number(body.count) !== 1 || Number(body.minCount) !== 1)
    throw invalid('this emulator makes one machine per call')
  const [name = ''] = Object.keys(object(body.perInstanceProperties))
  const places = object(object(body.locationPolicy).locations)
  const open = zones.filter((zone) => object(places[`zones/${zone}`]).preference !== 'DENY')
  const orders = open.flatMap((zone) => {
    try {
      return [orderOf(world, zone, name, object(body.instanceProperties))]
    } catch (error) {
      if (
        !(error instanceof Refusal) ||
        open.length === 1 ||
        !/machine ?type|accelerator/i.test(error.message)
      )
        throw error
      return []
    }
  })
  const [first] = orders
  if (!first) throw invalid(`Invalid value for field 'resource.machineType': no zone of ${region} has it.`)
  checkQuota(world, first)
  const placed = orders.find((order) => troubleOf(world, order) === undefined)
  if (placed && world.machines.find(placed.zone, name)) {
    const trouble = {
      code: 'RESOURCE_ALREADY_EXISTS',
      status: 409,
      message: `The resource 'projects/${world.project}/zones/${placed.zone}/instances/${name}' already exists`,
    }
    return begin(world, { type: 'bulkInsert', order: placed, trouble, zone: undefined, requestId })
  }
  // Whatever the reason is, it is not told.
  const hidden = {
    code: 'VM_MIN_COUNT_NOT_REACHED',
    status: 503,
    message: 'Requested minimum count of 1 VMs could not be created.',
  }
  return begin(world, {
    type: 'bulkInsert',
    order: placed ?? first,
    trouble: placed ? undefined : hidden,
    zone: undefined,
    requestId,
  })
}

interface Begun {
  readonly type: string
  readonly order: Order
  readonly trouble: Trouble | undefined
  readonly zone: string | undefined
  readonly requestId: string | undefined
}

function begin(world: World, { type, order, trouble, zone, requestId }: Begun): Operation {
  const { dials, operations, machines, project } = world
  const machine = trouble === undefined || dials.failsLate ? machines.create(order) : undefined
  const target = machine
    ? targetOf(machine, project)
    : targetOf({ id: String(operations.all.length + 10 ** 15), order }, project)
  const operation = operations.begin({
    ...target,
    type,
    zone,
    trouble: trouble ? [trouble] : [],
    placed: order.zone,
    first: dials.operations.first,
  })
  if (requestId !== undefined) world.requests.set(requestId, operation.name)
  return operation
}

function checkZone(zone: string): void {
  if (!Object.values(zonesByRegion).flat().includes(zone))
    throw invalid(`Invalid value for field 'zone': '${zone}'. Unknown zone.`)
}

function taken({ project }: World, zone: string, name: string): Refusal {
  return new Refusal(
    409,
    'alreadyExists',
    `The resource 'projects/${project}/zones/${zone}/instances/${name}' already exists`,
  )
}

function checkQuota({ dials }: World, { type, region, market }: Pool): void {
  if (!names(dials.exhausted, [type, region, market])) return
  const metric = /t4/.test(type) ? 'NVIDIA_T4_GPUS' : 'CPUS'
  throw new Refusal(
    403,
    'quotaExceeded',
    `Quota '${market === 'spot' ? 'PREEMPTIBLE_' : ''}${metric}' exceeded.  Limit: 0.0 in region ${region}.`,
  )
}

/** Nobody hears of it before the operation is done. */
function troubleOf({ dials, project }: World, pool: Pool): Trouble | undefined {
  const own = dials.fails?.(pool)
  if (own) return own
  if (!names(dials.dry, [pool.type, pool.zone, pool.market])) return undefined
  const room = (zonesByRegion[pool.region] ?? []).filter(
    (zone) => dials.room.has(zone) && sells(pool.type, zone),
  )
  return {
    code: room.length > 0 ? 'ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS' : 'ZONE_RESOURCE_POOL_EXHAUSTED',
    status: 503,
    message: `The zone 'projects/${project}/zones/${pool.zone}' does not have enough resources available to fulfill the request.  Try a different zone, or try again later.`,
    zonesAvailable: room,
  }
}
