import type { ThrowingVerb } from '../../../src/clouds/cloud-failures.ts'
import type { Cloud, CloudContext, CreateOrder, MachineRequest } from '../../../src/clouds/cloud.ts'
import type { AzureCandidate } from '../../../src/clouds/azure/candidate.ts'
import { createAzure } from '../../../src/clouds/azure/index.ts'
import { silentLog } from '../../../src/lib/log.ts'
import { Failure } from '../../../src/model/failure.ts'
import type { Candidate } from '../../../src/model/instance.ts'
import type { CloudWorld, Levers } from '../../conformance/cloud-suite.ts'
import { startAzure, type AzureEmulator, type AzureOptions } from '../../emulators/azure/azure.ts'
import { FakeClock } from '../../emulators/fake-clock.ts'

export const plainRequest: MachineRequest = {
  regions: ['us-east'],
  types: ['m'],
  diskGb: 35,
  spot: false,
  spotPrice: -1,
  spotFallback: false,
  metadata: {},
  publicAddress: 'auto',
  ssh: false,
  lifetime: 432_000,
}

export interface Settings {
  readonly subnets?: readonly string[]
  readonly group?: string
}

/** An emulated Azure and the real SDK in front of it. */
export interface AzureWorld {
  readonly azure: AzureEmulator
  readonly clock: FakeClock
  open(settings?: Settings, context?: Partial<CloudContext>): Cloud
  close(): Promise<void>
}

export async function startAzureWorld(options: AzureOptions = {}): Promise<AzureWorld> {
  const clock = new FakeClock()
  const azure = await startAzure({ now: () => clock.now(), ...options })
  return {
    azure,
    clock,
    open: ({ subnets, group } = {}, context = {}) =>
      createAzure(
        { 'cloud-azure-subnet': subnets, 'cloud-azure-resource-group': group },
        { log: silentLog, clock, variables: azure.variables, ...context },
      ),
    close: () => azure.close(),
  }
}

/** The same as the conformance suite wants it: every machine in a group of its own, or all in one that is there. */
export async function emulatedWorld(settings: Settings = {}): Promise<CloudWorld> {
  const { azure, clock, open, close } = await startAzureWorld()
  return {
    open: () => open(settings),
    // Of a machine on demand that is gone nobody knows that the cloud has taken it.
    request: { ...plainRequest, spot: true },
    mutationsPerCreate: settings.group === undefined ? 4 : 2,
    remembers: false,
    idsReturn: true,
    badImage: 'Canonical:ubuntu-24_04-lts:no-such-image-anywhere:latest',
    badRegion: 'atlantis',
    stranger: 'others/cml-nobody',
    pause: () => clock.sleep(2000),
    levers: leversOf(azure),
    close,
  }
}

/** What each verb cannot do without. */
const essential: Readonly<Record<ThrowingVerb, string>> = {
  resolve: 'Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions/read',
  create: 'Microsoft.Compute/virtualMachines/write',
  list: 'Microsoft.Compute/virtualMachines/read',
  look: 'Microsoft.Compute/virtualMachines/read',
  destroy: 'Microsoft.Resources/subscriptions/resourceGroups/delete',
  enabledRegions: 'Microsoft.Resources/subscriptions/locations/read',
}

function leversOf(azure: AzureEmulator): Levers {
  const { dials } = azure
  return {
    empty: ({ type, place, region, market }) => void dials.dry.add(`${type}|${place ?? region}|${market}`),
    exhaust: ({ type, region, market }) => void dials.exhausted.add(`${type}|${region}|${market}`),
    loseNextCreation() {
      let left = 1
      azure.fault = ({ action }) => (action === 'machines.put' && left-- > 0 ? 'reset-after' : undefined)
    },
    throttle: (calls) => void (dials.throttle = calls),
    interpose: (answer) => void (azure.fault = answer && (() => answer)),
    hide: (looks) => void (dials.lag = { looks }),
    reclaim: ({ id }) => azure.evict(id),
    denyConsole: () =>
      void dials.denied.add('Microsoft.Compute/virtualMachines/retrieveBootDiagnosticsData/action'),
    denyListing: (region) => void dials.blind.add(region),
    denyRegions: () => void dials.denied.add('Microsoft.Resources/subscriptions/locations/read'),
    denyOptionalReads() {
      for (const action of [
        'Network/networkInterfaces',
        'Network/publicIPAddresses',
        'Resources/subscriptions/providers',
      ])
        dials.denied.add(`Microsoft.${action}/read`)
    },
    deny(verb) {
      dials.denied.add(essential[verb])
      if (verb === 'destroy') dials.denied.add('Microsoft.Compute/virtualMachines/delete')
    },
    break: () => void (azure.fault = () => '5xx'),
    revokeCredentials: () => void (dials.credentials = 'unknown'),
    creations: () => azure.calls('machines.put').length,
    mutations: () => azure.journal.filter(isChange).length,
    leftovers: () =>
      Object.values(azure.leftovers()).reduce((sum, count) => sum + count, 0) + azure.emptyGroups().length,
    refused: () => azure.refused,
  }
}

export function isChange({ action }: { readonly action: string }): boolean {
  return /\.(put|delete|submit)$/.test(action)
}

/** Candidates as a table, one line each, for reading in a test. */
export function table(candidates: readonly Candidate[]): string[] {
  return (candidates as readonly AzureCandidate[]).map(
    ({ type, market, region, place, group, subnet }) =>
      `${type} ${market} ${place ?? region}${group ? ` in ${group}` : ''}${subnet ? ` on ${subnet.split('/').at(-3)}/${subnet.split('/').at(-1)}` : ''}`,
  )
}

export const ask = (change: Partial<MachineRequest>): MachineRequest => ({ ...plainRequest, ...change })

export const lease = {
  identity: 'abcdefghijklmnopqrst',
  run: 'tsrqponmlkjihgfedcba',
  scope: 'github.com/octo-org/octo-repo',
  owner: 'dependabot[bot]',
  name: 'cml-trainer',
  dueAt: 1_899_000_600,
  nonce: 'a1b2c3',
  expiresAt: 1_900_000_000,
}

export function orderOf(request: MachineRequest, change: Partial<CreateOrder> = {}): CreateOrder {
  return { lease, payload: Buffer.from('#!/bin/sh\nsleep 60\n'), request, ...change }
}

export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )
  if (error instanceof Failure) return error
  throw error
}
