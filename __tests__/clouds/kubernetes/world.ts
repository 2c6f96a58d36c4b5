import type { Cloud, CloudContext, CreateOrder, MachineRequest } from '../../../src/clouds/cloud.ts'
import type { ThrowingVerb } from '../../../src/clouds/cloud-failures.ts'
import { createKubernetes } from '../../../src/clouds/kubernetes/index.ts'
import { silentLog } from '../../../src/lib/log.ts'
import { Failure } from '../../../src/model/failure.ts'
import { writeMounted } from '../../../src/model/pod.ts'
import type { CloudWorld, Levers } from '../../conformance/cloud-suite.ts'
import { FakeClock } from '../../emulators/fake-clock.ts'
import {
  startKubernetes,
  type JournalEntry,
  type KubernetesEmulator,
  type KubernetesOptions,
} from '../../emulators/kubernetes/kubernetes.ts'

export const plainRequest: MachineRequest = {
  regions: [],
  types: ['m', 'l'],
  diskGb: 35,
  spot: false,
  spotPrice: -1,
  spotFallback: false,
  metadata: {},
  publicAddress: 'auto',
  ssh: false,
  lifetime: 432_000,
}

interface Own {
  readonly selector?: Readonly<Record<string, string>>
  readonly tolerations?: readonly string[]
  /** Seconds. */
  readonly pending?: number
}

/** An emulated cluster and the real client in front of it. */
export interface KubernetesWorld {
  readonly cluster: KubernetesEmulator
  readonly clock: FakeClock
  open(own?: Own, context?: Partial<CloudContext>): Cloud
  close(): Promise<void>
}

export async function startKubernetesWorld(options: KubernetesOptions = {}): Promise<KubernetesWorld> {
  const clock = new FakeClock()
  const cluster = await startKubernetes({ now: () => clock.now(), ...options })
  return {
    cluster,
    clock,
    open: ({ selector, tolerations, pending = 180 } = {}, context = {}) =>
      createKubernetes(
        {
          'cloud-kubernetes-node-selector': selector,
          'cloud-kubernetes-tolerations': tolerations,
          'cloud-kubernetes-pending': pending,
        },
        { log: silentLog, clock, variables: cluster.variables, ...context },
      ),
    close: () => cluster.close(),
  }
}

/** What is sent to a pod whose contents do not matter. */
export function payloadOf(text: string): Buffer {
  const file = Buffer.from(text).toString('base64')
  return writeMounted({ image: 'ghcr.io/actions/actions-runner:2.336.0', files: { 'start.sh': file } })
}

/** The same as the conformance suite wants it. */
export async function emulatedWorld(): Promise<CloudWorld> {
  const { cluster, clock, open, close } = await startKubernetesWorld()
  return {
    open: () => open(),
    request: plainRequest,
    mutationsPerCreate: 2,
    remembers: true,
    badImage: 'Well:Spelt:Nowhere',
    badRegion: 'No_Such_Namespace',
    stranger: 'cml-nobody',
    payload: payloadOf,
    pause: () => clock.sleep(2000),
    levers: leversOf(cluster),
    close,
  }
}

/** What each verb cannot do without. */
const essential: Readonly<Record<ThrowingVerb, string>> = {
  resolve: 'create jobs',
  create: 'create jobs',
  list: 'list jobs',
  look: 'get jobs',
  destroy: 'patch jobs',
  enabledRegions: 'list jobs',
}

export function isChange({ action, dry }: Pick<JournalEntry, 'action' | 'dry'>): boolean {
  return /^(jobs|secrets)\.(create|patch|delete)$/.test(action) && !dry
}

const isCreation = ({ action, dry }: JournalEntry): boolean => action === 'jobs.create' && !dry

function leversOf(cluster: KubernetesEmulator): Levers {
  const { dials } = cluster
  return {
    empty: ({ type, region }) => void dials.full.add(`${type}|${region}`),
    exhaust: ({ type, region }) => void dials.exhausted.add(`${type}|${region}`),
    loseNextCreation() {
      let left = 1
      cluster.fault = (entry) => (isCreation(entry) && left-- > 0 ? 'reset-after' : undefined)
    },
    throttle: (calls) => void (dials.throttle = calls),
    interpose: (answer) => void (cluster.fault = answer && (() => answer)),
    // The API server shows what it has taken.
    hide: () => undefined,
    reclaim: ({ id }) => cluster.end(id),
    denyConsole: () => void dials.denied.add('get pods/log'),
    denyListing: (region) => void dials.denied.add(`list jobs@${region}`),
    denyRegions: () => void dials.denied.add('list jobs'),
    denyOptionalReads: () => ['get pods/log', 'list events'].forEach((right) => dials.denied.add(right)),
    deny: (verb) => void dials.denied.add(essential[verb]),
    break: () => void (cluster.fault = () => '5xx'),
    revokeCredentials: () => void (dials.credentials = 'unknown'),
    creations: () => cluster.journal.filter(isCreation).length,
    mutations: () => cluster.journal.filter(isChange).length,
    leftovers: () => cluster.leftovers(),
    refused: () => cluster.refused,
  }
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
  return { lease, payload: payloadOf('#!/bin/sh\nsleep 60\n'), request, ...change }
}

export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )
  if (error instanceof Failure) return error
  throw error
}
