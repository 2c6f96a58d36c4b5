import { routeOf, type Route } from '../cloud/rest.ts'

const subscription = '/subscriptions/{subscription}'
const group = `${subscription}/resourceGroups/{group}`
const compute = 'providers/Microsoft.Compute'
const network = 'providers/Microsoft.Network'
const machine = `${group}/${compute}/virtualMachines/{name}`
const images = `${subscription}/${compute}/locations/{location}/publishers/{publisher}/artifacttypes/vmimage/offers/{offer}/skus/{sku}/versions`

/** Segments of paths are told apart whatever their letters: Microsoft's own clients write them differently. */
const route = (action: string, method: string, path: string): Route => routeOf(action, method, path, 'i')

/** Everything that the product asks for. */
export const routes: readonly Route[] = [
  route('subscriptions.list', 'GET', '/subscriptions'),
  route('locations.list', 'GET', `${subscription}/locations`),
  route('providers.get', 'GET', `${subscription}/providers/{namespace}`),
  route('usages.list', 'GET', `${subscription}/${compute}/locations/{location}/usages`),
  route('groups.list', 'GET', `${subscription}/resourceGroups`),
  route('groups.get', 'GET', group),
  route('groups.put', 'PUT', group),
  route('groups.delete', 'DELETE', group),
  route('networks.list', 'GET', `${group}/${network}/virtualNetworks`),
  route('networks.get', 'GET', `${group}/${network}/virtualNetworks/{name}`),
  route('networks.put', 'PUT', `${group}/${network}/virtualNetworks/{name}`),
  route('cards.get', 'GET', `${group}/${network}/networkInterfaces/{name}`),
  route('addresses.get', 'GET', `${group}/${network}/publicIPAddresses/{name}`),
  route('machines.get', 'GET', machine),
  route('machines.put', 'PUT', machine),
  route('machines.delete', 'DELETE', machine),
  route('machines.console', 'POST', `${machine}/retrieveBootDiagnosticsData`),
  route('machines.list', 'GET', `${group}/${compute}/virtualMachines`),
  route('machines.listAll', 'GET', `${subscription}/${compute}/virtualMachines`),
  route('machines.listByLocation', 'GET', `${subscription}/${compute}/locations/{location}/virtualMachines`),
  route('images.latest', 'GET', images),
  route('images.get', 'GET', `${images}/{version}`),
  route(
    'timer.submit',
    'POST',
    `${subscription}/providers/Microsoft.ComputeSchedule/locations/{location}/virtualMachinesSubmitDeallocate`,
  ),
  route('operations.get', 'GET', `${subscription}/providers/{provider}/locations/{location}/operations/{id}`),
  route('operationresults.get', 'GET', `${subscription}/operationresults/{token}`),
  route('rights.get', 'GET', `${subscription}/providers/Microsoft.Authorization/permissions`),
  route('rights.get', 'GET', `${group}/providers/Microsoft.Authorization/permissions`),
  route('rights.get', 'GET', `${machine}/providers/Microsoft.Authorization/permissions`),
]

/** Versions that the product may speak. */
export const knownVersions: ReadonlySet<string> = new Set([
  '2026-03-01',
  '2024-05-01',
  '2021-04-01',
  '2022-04-01',
  '2025-05-01',
  '2022-12-01',
  '2024-03-03',
])
