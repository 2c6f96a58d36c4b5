import type { Call } from '../../lib/sending.ts'
import { versions, type Arm, type ArmMachine } from './arm.ts'
import { Failure } from '../../model/failure.ts'

interface Configuration {
  readonly properties?: {
    readonly privateIPAddress?: string
    readonly publicIPAddress?: { readonly id?: string }
  }
}

/** Addresses of machines, which stand neither in them nor in their network cards. Each is asked for once; whoever may not know goes without. */
export class Addresses {
  readonly #arm: Arm
  readonly #known = new Map<string, string | undefined>()

  constructor(arm: Arm) {
    this.#arm = arm
  }

  async of({ id, properties }: ArmMachine, { signal }: Call): Promise<string | undefined> {
    const key = id.toLowerCase()
    const card = properties?.networkProfile?.networkInterfaces?.[0]?.id
    if (this.#known.has(key) || card === undefined) return this.#known.get(key)
    const call = { tried: `read the address of ${id}`, signal, attempts: 1 }
    try {
      const { ipConfigurations = [] } = await this.#read<{ ipConfigurations?: readonly Configuration[] }>(
        card,
        call,
      )
      const own = ipConfigurations[0]?.properties
      const address = own?.publicIPAddress?.id
      const told = address && (await this.#read<{ ipAddress?: string }>(address, call)).ipAddress
      const found = told || own?.privateIPAddress
      if (found) this.#known.set(key, found)
      return found
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof Failure)) throw error
      if (error.kind === 'permission-denied') this.#known.set(key, undefined)
      return undefined
    }
  }

  async #read<T>(id: string, call: Call): Promise<T> {
    const { body } = await this.#arm.send(
      { method: 'GET', path: `${id}?api-version=${versions.network}` },
      call,
    )
    return (body as { readonly properties?: T }).properties ?? ({} as T)
  }
}
