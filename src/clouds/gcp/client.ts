import { ImagesClient } from '@google-cloud/compute/build/src/v1/images_client.js'
import { InstancesClient } from '@google-cloud/compute/build/src/v1/instances_client.js'
import { RegionInstancesClient } from '@google-cloud/compute/build/src/v1/region_instances_client.js'
import { RegionOperationsClient } from '@google-cloud/compute/build/src/v1/region_operations_client.js'
import { SubnetworksClient } from '@google-cloud/compute/build/src/v1/subnetworks_client.js'
import { ZoneOperationsClient } from '@google-cloud/compute/build/src/v1/zone_operations_client.js'
import { ZonesClient } from '@google-cloud/compute/build/src/v1/zones_client.js'
import type { ClientOptions, Operation, Zone } from '@google-cloud/compute/build/src/v1/instances_client.js'
import type { CloudContext } from '../cloud.ts'
import type { Call } from '../../lib/sending.ts'
import type { Compute } from './compute.ts'
import { Login } from './login.ts'
import { allPages, unreadableIn, type AggregatedPage } from './pages.ts'
import { Sender, type SendOptions } from './sender.ts'

/** The SDK's clients, made once there are credentials: before, they would fail where nobody hears it. */
interface Clients {
  readonly project: string
  readonly instances: InstancesClient
  readonly regionInstances: RegionInstancesClient
  readonly zoneOperations: ZoneOperationsClient
  readonly regionOperations: RegionOperationsClient
  readonly images: ImagesClient
  readonly subnetworks: SubnetworksClient
  readonly zones: ZonesClient
}

/** How a request is made: with the clients, and the options of the SDK. */
type Ask = <T>(
  action: string,
  call: Call,
  act: (clients: Clients, options: SendOptions) => Promise<T>,
) => Promise<T>

export function createCompute(context: CloudContext): Compute {
  const login = new Login(context)
  const sender = new Sender(context, () => login.knownProject ?? 'PROJECT')
  let opened: Promise<Clients> | undefined
  const open = async (): Promise<Clients> => {
    const [options, project] = await Promise.all([login.clientOptions(), login.project()])
    return clientsOf(options, project)
  }
  const ask: Ask = (action, call, act) =>
    sender.send(action, call, async (options) => {
      // One that failed is tried again: a token service may only be away.
      opened ??= open().catch((error: unknown) => {
        opened = undefined
        throw error
      })
      return act(await opened, options)
    })
  return {
    api: login.api,
    project: () => login.project(),
    get knownProject() {
      return login.knownProject
    },
    ...orders(ask),
    ...operations(ask),
    ...machines(ask),
    ...surroundings(ask),
    quotas: (region, call) => {
      const action = region === undefined ? 'projects.get' : 'regions.get'
      return sender.send(action, call, () => login.quotas(region))
    },
    held: (permissions, call) =>
      sender.send('projects.testIamPermissions', call, () => login.held(permissions)),
  }
}

/** Each is made at its first use: what a client costs at its start is not spent for nothing. */
function clientsOf(options: ClientOptions, project: string): Clients {
  const made = new Map<string, unknown>()
  const once = <T>(name: string, make: () => T): T => {
    if (!made.has(name)) made.set(name, make())
    return made.get(name) as T
  }
  const own = (): ClientOptions => ({ ...options, projectId: project })
  return {
    project,
    get instances() {
      return once('instances', () => new InstancesClient(own()))
    },
    get regionInstances() {
      return once('region instances', () => new RegionInstancesClient(own()))
    },
    get zoneOperations() {
      return once('zone operations', () => new ZoneOperationsClient(own()))
    },
    get regionOperations() {
      return once('region operations', () => new RegionOperationsClient(own()))
    },
    get images() {
      return once('images', () => new ImagesClient(own()))
    },
    get subnetworks() {
      return once('subnetworks', () => new SubnetworksClient(own()))
    },
    get zones() {
      return once('zones', () => new ZonesClient(own()))
    },
  }
}

function orders(ask: Ask): Pick<Compute, 'insert' | 'bulkInsert' | 'delete' | 'setMetadata'> {
  return {
    insert: (zone, requestId, instanceResource, call) =>
      ask('instances.insert', call, async ({ instances, project }, options) => {
        const [started] = await instances.insert({ project, zone, requestId, instanceResource }, options)
        return started.latestResponse ?? {}
      }),
    bulkInsert: (region, requestId, bulkInsertInstanceResourceResource, call) =>
      ask('instances.bulkInsert', call, async ({ regionInstances, project }, options) => {
        const request = { project, region, requestId, bulkInsertInstanceResourceResource }
        const [started] = await regionInstances.bulkInsert(request, options)
        return started.latestResponse ?? {}
      }),
    delete: ({ zone, name }, call) =>
      ask('instances.delete', call, async ({ instances, project }, options) => {
        await instances.delete({ project, zone, instance: name }, options)
      }),
    setMetadata: ({ zone, name }, metadataResource, call) =>
      ask('instances.setMetadata', call, async ({ instances, project }, options) => {
        await instances.setMetadata({ project, zone, instance: name, metadataResource }, options)
      }),
  }
}

function operations(
  ask: Ask,
): Pick<Compute, 'waitInZone' | 'waitInRegion' | 'getRegionOperation' | 'operationsOn'> {
  return {
    waitInZone: (zone, operation, call) =>
      ask('zoneOperations.wait', call, async ({ zoneOperations, project }, options) => {
        const [answer] = await zoneOperations.wait({ project, zone, operation }, options)
        return answer
      }),
    waitInRegion: (region, operation, call) =>
      ask('regionOperations.wait', call, async ({ regionOperations, project }, options) => {
        const [answer] = await regionOperations.wait({ project, region, operation }, options)
        return answer
      }),
    getRegionOperation: (region, operation, call) =>
      ask('regionOperations.get', call, async ({ regionOperations, project }, options) => {
        const [answer] = await regionOperations.get({ project, region, operation }, options)
        return answer
      }),
    operationsOn: async (zone, number, call) => {
      const pages = await allPages<{ readonly items?: readonly Operation[] }>(
        (request) =>
          ask('zoneOperations.list', call, async ({ zoneOperations, project }, options) => {
            await zoneOperations.initialize()
            return zoneOperations.innerApiCalls.list!({ project, zone, ...request }, options)
          }),
        { filter: `targetId = ${number}`, maxResults: 500 },
      )
      return pages.flatMap(({ items }) => items ?? [])
    },
  }
}

function machines(ask: Ask): Pick<Compute, 'get' | 'list' | 'serialPort'> {
  return {
    get: ({ zone, name }, call) =>
      ask('instances.get', call, async ({ instances, project }, options) => {
        const [answer] = await instances.get({ project, zone, instance: name }, options)
        return answer
      }),
    list: async (filter, call) => {
      const pages = await allPages<AggregatedPage>(
        (request) =>
          ask('instances.aggregatedList', call, async ({ instances, project }, options) => {
            await instances.initialize()
            return instances.innerApiCalls.aggregatedList!({ project, ...request }, options)
          }),
        { filter, returnPartialSuccess: true, maxResults: 500 },
      )
      return {
        instances: pages.flatMap(({ items }) =>
          Object.values(items ?? {}).flatMap(({ instances }) => instances ?? []),
        ),
        unreadable: pages.flatMap(unreadableIn),
      }
    },
    serialPort: ({ zone, name }, start, call) =>
      ask('instances.getSerialPortOutput', call, async ({ instances, project }, options) => {
        const [answer] = await instances.getSerialPortOutput(
          { project, zone, instance: name, start },
          options,
        )
        return { contents: answer.contents ?? '', next: answer.next ?? start }
      }),
  }
}

function surroundings(ask: Ask): Pick<Compute, 'image' | 'subnet' | 'zones'> {
  return {
    image: (project, name, what, call) =>
      ask(`images.${what}`, call, async ({ images }, options) => {
        const [answer] =
          what === 'family'
            ? await images.getFromFamily({ project, family: name }, options)
            : await images.get({ project, image: name }, options)
        return answer
      }),
    subnet: ({ project, region, name }, call) =>
      ask('subnetworks.get', call, async ({ subnetworks }, options) => {
        const [answer] = await subnetworks.get({ project, region, subnetwork: name }, options)
        return answer
      }),
    zones: async (call) => {
      const pages = await allPages<{ readonly items?: readonly Zone[] }>(
        (request) =>
          ask('zones.list', call, async ({ zones, project }, options) => {
            await zones.initialize()
            return zones.innerApiCalls.list!({ project, ...request }, options)
          }),
        { maxResults: 500 },
      )
      return pages.flatMap(({ items }) => items ?? [])
    },
  }
}
