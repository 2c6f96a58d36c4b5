import { createFetch, type Fetch } from '../../lib/http.ts'
import { Failure } from '../../model/failure.ts'
import type { Instance } from '../../model/instance.ts'
import type { CloudContext } from '../cloud.ts'
import { machinePath, versions, type Arm } from './arm.ts'
import { isGone } from './failures.ts'
import { whereOf } from './names.ts'

/** Minutes that an address of the log is good for. */
const goodFor = 60

/**
 * Boot logs of one launch. Azure gives an address with a signature in it, which is asked without our token. A denial is remembered, so that it costs one call and
 * not one per look.
 */
export class Consoles {
  readonly #arm: Arm
  readonly #context: CloudContext
  readonly #fetch: Fetch
  readonly #known = new Map<string, { readonly address: string; readonly until: number }>()
  readonly #texts = new Map<string, string>()
  #denied = false

  constructor(arm: Arm, context: CloudContext) {
    this.#arm = arm
    this.#context = context
    this.#fetch = createFetch({ variables: context.variables, patience: 10_000 })
  }

  /** Never throws. Line ends are `\n`. */
  async read(machine: Instance, signal?: AbortSignal): Promise<string | undefined> {
    const { id } = machine
    if (this.#denied || !whereOf(machine)) return undefined
    try {
      const address = await this.#addressOf(machine, signal)
      const text = address === undefined ? undefined : await this.#download(id, address, signal)
      if (text) this.#texts.set(id, text)
    } catch (error) {
      if (error instanceof Failure) this.#note(error)
    }
    return this.#texts.get(id)
  }

  async #addressOf(machine: Instance, signal?: AbortSignal): Promise<string | undefined> {
    const now = this.#context.clock.now()
    const known = this.#known.get(machine.id)
    if (known && known.until > now) return known.address
    const path = machinePath(await this.#arm.subscription(), whereOf(machine)!)
    // One try: it is asked again at the next look anyway.
    const call = { tried: `read the boot log of ${machine.id}`, signal, attempts: 1 }
    const query = `sasUriExpirationTimeInMinutes=${goodFor}&api-version=${versions.compute}`
    const { body } = await this.#arm.send(
      { method: 'POST', path: `${path}/retrieveBootDiagnosticsData?${query}` },
      call,
    )
    const { serialConsoleLogBlobUri: address } = (body ?? {}) as { readonly serialConsoleLogBlobUri?: string }
    if (!address || !URL.canParse(address) || !address.startsWith('https:')) return undefined
    this.#known.set(machine.id, { address, until: now + (goodFor - 10) * 60_000 })
    return address
  }

  /** Undefined where there is none yet, or no more. */
  async #download(id: string, address: string, signal?: AbortSignal): Promise<string | undefined> {
    try {
      const answer = await this.#fetch(address, signal ? { signal } : {})
      if (answer.status === 403) this.#known.delete(id)
      return answer.status === 200 ? (await answer.text()).replaceAll('\r\n', '\n') : undefined
    } catch {
      // The next look may find it; the address itself is a secret.
      return undefined
    }
  }

  #note(failure: Failure): void {
    if (isGone(failure)) return
    this.#context.log.debug(failure.message)
    if (failure.kind !== 'permission-denied') return
    this.#denied = true
    this.#context.log.info(
      'The boot log cannot be shown: these credentials lack Microsoft.Compute/virtualMachines/retrieveBootDiagnosticsData/action.',
    )
  }
}
