import { array, object, text, type JsonObject } from '../cloud/rest.ts'
import {
  imageAnswer,
  machineAnswer,
  operationAnswer,
  projectAnswer,
  regionAnswer,
  subnetAnswer,
  zoneAnswer,
} from './answers.ts'
import { zonesByRegion } from './catalogue.ts'
import { bulkInsert, insert, repeated } from './insert.ts'
import { targetOf, type Machine } from './machines.ts'
import { fingerprintOf } from './numbers.ts'
import { imageOf } from './order.ts'
import { invalid, notFound, Refusal } from './wire.ts'
import type { World } from './world.ts'

export interface Asked {
  readonly parts: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: JsonObject
}

type Handler = (world: World, asked: Asked) => object

/** What is answered; by its names the model is asked for the rest. */
export const handlers: Readonly<Record<string, Handler>> = {
  'Instances.Insert': (world, { parts, query, body }) =>
    operationAnswer(world, insert(world, parts.zone ?? '', query.requestId, body)),
  'RegionInstances.BulkInsert': (world, { parts, query, body }) =>
    operationAnswer(world, bulkInsert(world, parts.region ?? '', query.requestId, body)),
  'Instances.Get': (world, asked) => machineAnswer(world, visible(world, asked)),
  'Instances.AggregatedList': aggregatedList,
  'Instances.Delete': deleteMachine,
  'Instances.SetMetadata': setMetadata,
  'Instances.GetSerialPortOutput': serialPort,
  'Instances.TestIamPermissions': (_world, { body }) => ({ permissions: array(body.permissions) }),
  'ZoneOperations.Get': (world, asked) => readOperation(world, asked),
  'ZoneOperations.Wait': (world, asked) => readOperation(world, asked),
  'ZoneOperations.List': listOperations,
  'RegionOperations.Get': (world, asked) => readOperation(world, asked),
  'RegionOperations.Wait': (world, asked) => readOperation(world, asked),
  'Images.Get': (world, { parts }) =>
    imageAnswer(imageOf(world, `projects/${parts.project}/global/images/${parts.image}`)),
  'Images.GetFromFamily': (world, { parts }) =>
    imageAnswer(imageOf(world, `projects/${parts.project}/global/images/family/${parts.family}`)),
  'Projects.Get': (world) => projectAnswer(world),
  'Regions.Get': (world, { parts }) => {
    if (parts.region !== undefined && parts.region in zonesByRegion) return regionAnswer(world, parts.region)
    throw notFound(`projects/${world.project}/regions/${parts.region}`)
  },
  'Subnetworks.Get': readSubnet,
  'Zones.List': (world) => ({
    kind: 'compute#zoneList',
    id: `projects/${world.project}/zones`,
    items: Object.values(zonesByRegion)
      .flat()
      .map((zone) => zoneAnswer(world, zone)),
    selfLink: `https://www.googleapis.com/compute/v1/projects/${world.project}/zones`,
  }),
}

function readSubnet(
  { subnets }: World,
  { parts: { project = '', region = '', subnetwork = '' } }: Asked,
): object {
  const found = subnets.find(
    (subnet) => subnet.project === project && subnet.region === region && subnet.name === subnetwork,
  )
  if (!found) throw notFound(`projects/${project}/regions/${region}/subnetworks/${subnetwork}`)
  return subnetAnswer(found)
}

function machineOf({ machines, project }: World, { parts }: Pick<Asked, 'parts'>): Machine {
  const { zone = '', instance = '' } = parts
  const machine = machines.find(zone, instance)
  if (machine) machines.look(machine)
  if (machine && !machine.gone) return machine
  throw notFound(`projects/${project}/zones/${zone}/instances/${instance}`)
}

/** One that was made a moment ago may not show yet. */
function visible(world: World, asked: Asked): Machine {
  const machine = machineOf(world, asked)
  if (world.machines.isVisible(machine)) return machine
  throw notFound(`projects/${world.project}/zones/${asked.parts.zone}/instances/${asked.parts.instance}`)
}

/** `labels.key = "value"` and the like, joined with AND: what the product asks for, and no more. */
function filterOf(filter = ''): (labels: Readonly<Record<string, string>>) => boolean {
  const terms = filter.split(' AND ').filter(Boolean)
  const wanted = terms.map((term) => {
    const [, key = '', value = ''] =
      /^\(?labels\.([a-z0-9_-]+) ?(?:=|eq) ?"?([^"()]*)"?\)?$/.exec(term.trim()) ?? []
    if (key === '')
      throw invalid(`Invalid value for field 'filter': '${filter}'. Invalid list filter expression.`)
    return [key, value] as const
  })
  return (labels) => wanted.every(([key, value]) => labels[key] === value)
}

function aggregatedList(world: World, { query }: Asked): object {
  const { dials, machines, project } = world
  const fits = filterOf(query.filter)
  const found = machines.there.filter((machine) => {
    machines.look(machine)
    return !machine.gone && machines.isVisible(machine) && fits(machine.labels)
  })
  const [start = 0] = [Number(query.pageToken ?? 0)]
  const size = Math.min(dials.pageSize, Number(query.maxResults ?? 500))
  const page = found.filter(({ order }) => !dials.unreachable.has(order.zone)).slice(start, start + size)
  const scopes = Object.values(zonesByRegion)
    .flat()
    .map((zone) => [`zones/${zone}`, scopeOf(world, zone, page)] as const)
  const missing = [...dials.unreachable]
    .filter(([, how]) => how === 'unreachables')
    .map(([zone]) => `zones/${zone}`)
  return {
    kind: 'compute#instanceAggregatedList',
    id: `projects/${project}/aggregated/instances`,
    items: Object.fromEntries(scopes),
    ...(start + size < found.length ? { nextPageToken: String(start + size) } : {}),
    ...(missing.length > 0 ? { unreachables: missing } : {}),
    selfLink: `https://www.googleapis.com/compute/v1/projects/${project}/aggregated/instances`,
  }
}

function scopeOf(world: World, zone: string, page: readonly Machine[]): object {
  const scope = `zones/${zone}`
  const warn = (code: string, message: string): object => ({
    warning: { code, message, data: [{ key: 'scope', value: scope }] },
  })
  if (world.dials.unreachable.get(zone) === 'warning')
    return warn('UNREACHABLE', `The scope '${scope}' is not reachable.`)
  const own = page.filter(({ order }) => order.zone === zone)
  return own.length > 0
    ? { instances: own.map((machine) => machineAnswer(world, machine)) }
    : warn('NO_RESULTS_ON_PAGE', `No results for the scope '${scope}'.`)
}

function deleteMachine(world: World, asked: Asked): object {
  const known = repeated(world, asked.query.requestId)
  if (known) return operationAnswer(world, known)
  const machine = machineOf(world, asked)
  world.machines.delete(machine)
  return operationAnswer(
    world,
    world.operations.begin({ ...targetOf(machine, world.project), type: 'delete' }),
  )
}

function setMetadata(world: World, asked: Asked): object {
  const machine = machineOf(world, asked)
  if (asked.body.fingerprint !== fingerprintOf(machine.attributes))
    throw new Refusal(
      412,
      'conditionNotMet',
      'Supplied fingerprint does not match current metadata fingerprint.',
    )
  machine.attributes = Object.fromEntries(
    array(asked.body.items)
      .map(object)
      .map(({ key, value }) => [text(key) ?? '', text(value) ?? '']),
  )
  machine.metadata.changed()
  world.changed()
  return operationAnswer(
    world,
    world.operations.begin({ ...targetOf(machine, world.project), type: 'setMetadata' }),
  )
}

/** What a machine without an emulated inside says. */
const canned =
  '[    0.000000] Linux version 6.14.0-1015-gcp\r\nsystemd[1]: Started google-startup-scripts.service\r\n'

/** The port keeps the last megabyte. */
const kept = 1024 * 1024

function serialPort(world: World, asked: Asked): object {
  const { project } = world
  const machine = machineOf(world, asked)
  const said = Buffer.from(world.consoleOf(machine, canned))
  const start = Math.max(Number(asked.query.start ?? 0), said.length - kept, 0)
  return {
    kind: 'compute#serialPortOutput',
    contents: said.subarray(start).toString('utf8'),
    start: String(start),
    next: String(Math.max(start, said.length)),
    selfLink: `https://www.googleapis.com/compute/v1/projects/${project}/zones/${machine.order.zone}/instances/${machine.order.name}/serialPort`,
  }
}

function readOperation(world: World, { parts }: Asked): object {
  const { zone, region, operation: name = '' } = parts
  const operation = world.operations.find({ zone, region }, name)
  if (!operation)
    throw notFound(
      `projects/${world.project}/${zone ? `zones/${zone}` : `regions/${region}`}/operations/${name}`,
    )
  world.operations.look(operation, world.dials.operations.looks)
  return operationAnswer(world, operation)
}

function listOperations(world: World, { parts, query }: Asked): object {
  const [, target] = /^targetId = (\d+)$/.exec(query.filter ?? '') ?? []
  if (query.filter !== undefined && target === undefined)
    throw invalid(`Invalid value for field 'filter': '${query.filter}'. Invalid list filter expression.`)
  const found = world.operations.all.filter(
    ({ zone, targetId }) => zone === parts.zone && (target === undefined || targetId === target),
  )
  for (const operation of found) world.operations.look(operation, world.dials.operations.looks)
  return {
    kind: 'compute#operationList',
    id: `projects/${world.project}/zones/${parts.zone}/operations`,
    ...(found.length > 0 ? { items: found.map((operation) => operationAnswer(world, operation)) } : {}),
    selfLink: `https://www.googleapis.com/compute/v1/projects/${world.project}/zones/${parts.zone}/operations`,
  }
}
