import type { Cloud, CloudContext, CreateOrder, MachineRequest } from '../../../src/clouds/cloud.ts'
import type { ThrowingVerb } from '../../../src/clouds/cloud-failures.ts'
import type { GcpCandidate } from '../../../src/clouds/gcp/candidate.ts'
import { createGcp } from '../../../src/clouds/gcp/index.ts'
import { silentLog } from '../../../src/lib/log.ts'
import { Failure } from '../../../src/model/failure.ts'
import type { Candidate } from '../../../src/model/instance.ts'
import type { CloudWorld, Levers } from '../../conformance/cloud-suite.ts'
import { FakeClock } from '../../emulators/fake-clock.ts'
import { startGcp, type GcpEmulator, type GcpOptions } from '../../emulators/gcp/gcp.ts'

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

/** An emulated Compute Engine and the real SDK in front of it. */
export interface GcpWorld {
  readonly gcp: GcpEmulator
  readonly clock: FakeClock
  open(subnets?: readonly string[], context?: Partial<CloudContext>): Cloud
  close(): Promise<void>
}

export async function startGcpWorld(options: GcpOptions = {}): Promise<GcpWorld> {
  const clock = new FakeClock()
  const gcp = await startGcp({ now: () => clock.now(), ...options })
  return {
    gcp,
    clock,
    open: (subnets, context = {}) =>
      createGcp(
        { 'cloud-gcp-subnet': subnets },
        { log: silentLog, clock, variables: gcp.variables, ...context },
      ),
    close: () => gcp.close(),
  }
}

/** The same as the conformance suite wants it. */
export async function emulatedWorld(): Promise<CloudWorld> {
  const { gcp, clock, open, close } = await startGcpWorld()
  return {
    open: () => open(),
    request: plainRequest,
    mutationsPerCreate: 1,
    remembers: false,
    idsReturn: true,
    blindness: 'unavailable',
    badImage: 'my-project/no-such-image-anywhere',
    badRegion: 'atlantis',
    stranger: 'us-east1-c/cml-nobody',
    pause: () => clock.sleep(2000),
    levers: leversOf(gcp),
    close,
  }
}

/** What each verb cannot do without; `resolve` needs no permission, but the API itself. */
const essential: Readonly<Record<Exclude<ThrowingVerb, 'resolve'>, string>> = {
  create: 'compute.instances.create',
  list: 'compute.instances.list',
  look: 'compute.instances.get',
  destroy: 'compute.instances.delete',
  enabledRegions: 'compute.zones.list',
}

const apiOff = {
  status: 403,
  body: {
    error: {
      code: 403,
      message: 'Compute Engine API has not been used in project 123456789012 before or it is disabled.',
      errors: [{ domain: 'usageLimits', reason: 'accessNotConfigured', message: 'it is disabled' }],
    },
  },
} as const

function leversOf(gcp: GcpEmulator): Levers {
  const { dials } = gcp
  return {
    empty: ({ type, place, market }) => void dials.dry.add(`${type}|${place ?? '*'}|${market}`),
    exhaust: ({ type, region, market }) => void dials.exhausted.add(`${type}|${region}|${market}`),
    loseNextCreation() {
      let left = 1
      gcp.fault = ({ action }) => (/insert$/i.test(action) && left-- > 0 ? 'reset-after' : undefined)
    },
    throttle: (calls) => void (dials.throttle = calls),
    interpose: (answer) => void (gcp.fault = answer && (() => answer)),
    hide: (looks) => void (dials.lag = { looks }),
    reclaim: ({ id }) => gcp.end(id),
    denyConsole: () => void dials.denied.add('compute.instances.getSerialPortOutput'),
    denyListing: (region) => void dials.unreachable.set(`${region}-b`, 'warning'),
    denyRegions: () => void dials.denied.add('compute.zones.list'),
    denyOptionalReads() {
      for (const permission of ['zones.list', 'regionOperations.get', 'zoneOperations.list'])
        dials.denied.add(`compute.${permission}`)
    },
    deny(verb) {
      if (verb === 'resolve') gcp.fault = () => apiOff
      else dials.denied.add(essential[verb])
    },
    break: () => void (gcp.fault = () => '5xx'),
    revokeCredentials: () => void (dials.credentials = 'unknown'),
    creations: () => gcp.journal.filter(({ action }) => /insert$/i.test(action)).length,
    mutations: () => gcp.journal.filter(isChange).length,
    leftovers: () => Object.values(gcp.leftovers()).reduce((sum, count) => sum + count, 0),
    refused: () => gcp.refused,
  }
}

export function isChange({ action }: { readonly action: string }): boolean {
  return /(insert|delete|setMetadata)$/i.test(action)
}

/** Candidates as a table, one line each, for reading in a test. */
export function table(candidates: readonly Candidate[]): string[] {
  return (candidates as readonly GcpCandidate[]).map(({ type, market, region, choice }) => {
    const where =
      choice.how === 'zone'
        ? choice.zone
        : choice.how === 'any'
          ? `any of ${region}${choice.without ? ` but ${choice.without}` : ''}`
          : choice.zones.join(' then ')
    return `${type} ${market} ${where}`
  })
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
