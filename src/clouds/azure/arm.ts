import type { Call } from '../../lib/sending.ts'

/** An answer of Azure Resource Manager that is no refusal. */
export interface Answer {
  readonly status: number
  /** By names in small letters. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Parsed JSON; undefined where there is none. */
  readonly body: unknown
  /** How often it was asked for, this time included: what was asked before may have been done, unheard. */
  readonly attempts: number
}

export interface Asked {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** From `/subscriptions/` on, with its query; or a whole address that an answer has told, followed as it is. */
  readonly path: string
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

/** Azure Resource Manager for one subscription. All throw Failures. */
export interface Arm {
  /** Address of the API, without a slash at its end. */
  readonly api: string
  /** Id of the subscription. Throws `unauthenticated` where nobody tells. Asked once. */
  subscription(call?: Call): Promise<string>
  /** Undefined until somebody has asked for it, or where nobody tells. */
  readonly knownSubscription: string | undefined
  send(asked: Asked, call: Call): Promise<Answer>
}

/** Versions of the interfaces that are spoken. That of compute is the one whose published schema requests are held to. */
export const versions = {
  compute: '2026-03-01',
  network: '2024-05-01',
  groups: '2021-04-01',
  authorization: '2022-04-01',
  schedule: '2025-05-01',
  providers: '2021-04-01',
  subscriptions: '2022-12-01',
} as const

/** https://learn.microsoft.com/rest/api/compute/virtual-machines/get */
export interface ArmMachine {
  readonly id: string
  readonly name: string
  readonly location: string
  readonly tags?: Readonly<Record<string, string>>
  readonly zones?: readonly string[]
  readonly properties?: {
    readonly provisioningState?: string
    readonly timeCreated?: string
    readonly priority?: string
    readonly hardwareProfile?: { readonly vmSize?: string }
    readonly networkProfile?: { readonly networkInterfaces?: readonly { readonly id?: string }[] }
    readonly instanceView?: { readonly statuses?: readonly Status[] }
  }
}

/** `PowerState/running`, `ProvisioningState/failed/AllocationFailed`: looked up by how it begins. */
export interface Status {
  readonly code?: string
  readonly message?: string
}

export interface ArmGroup {
  readonly id: string
  readonly name: string
  readonly location: string
  readonly tags?: Readonly<Record<string, string>>
  readonly properties?: { readonly provisioningState?: string }
}

export interface ArmNetwork {
  readonly id: string
  readonly name: string
  readonly location: string
  readonly properties?: {
    readonly subnets?: readonly {
      readonly id?: string
      readonly name?: string
      readonly properties?: { readonly natGateway?: { readonly id?: string } }
    }[]
  }
}

export function machinePath(
  subscription: string,
  { group, name }: { readonly group: string; readonly name: string },
): string {
  return `${groupPath(subscription, group)}/providers/Microsoft.Compute/virtualMachines/${encodeURIComponent(name)}`
}

export function groupPath(subscription: string, group: string): string {
  return `/subscriptions/${subscription}/resourceGroups/${encodeURIComponent(group)}`
}
