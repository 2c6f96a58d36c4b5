import { Failure } from '../../model/failure.ts'
import type { Instance } from '../../model/instance.ts'
import type { CloudContext } from '../cloud.ts'
import type { Ec2 } from './client.ts'

/**
 * Boot logs of one launch. `Latest` gives the log as it is now, on Nitro machines only; older ones have a log that EC2 takes a few minutes
 * after the boot. A denial is remembered, so that it costs one call and not one per look.
 */
export class Consoles {
  readonly #ec2: Ec2
  readonly #context: CloudContext
  readonly #old = new Set<string>()
  #denied = false

  constructor(ec2: Ec2, context: CloudContext) {
    this.#ec2 = ec2
    this.#context = context
  }

  /** Never throws. Line ends are `\n`. */
  async read(instance: Instance, signal?: AbortSignal): Promise<string | undefined> {
    if (this.#denied) return undefined
    try {
      return await this.#read(instance, signal)
    } catch (error) {
      if (!(error instanceof Failure)) return undefined
      if (error.explanation.code === 'UnsupportedOperation' && !this.#old.has(instance.type)) {
        this.#old.add(instance.type)
        return this.read(instance, signal)
      }
      this.#note(error)
      return undefined
    }
  }

  async #read({ id, region, type }: Instance, signal?: AbortSignal): Promise<string | undefined> {
    const input = this.#old.has(type) ? { InstanceId: id } : { InstanceId: id, Latest: true }
    // One try: it is asked again at the next look anyway.
    const output = await this.#ec2.consoleOutput(region, input, {
      tried: `read the boot log of ${id}`,
      signal,
      attempts: 1,
    })
    return output ? Buffer.from(output, 'base64').toString('utf8').replaceAll('\r\n', '\n') : undefined
  }

  #note(failure: Failure): void {
    this.#context.log.debug(failure.message)
    if (failure.kind !== 'permission-denied') return
    this.#denied = true
    this.#context.log.info('The boot log cannot be shown: these credentials lack ec2:GetConsoleOutput.')
  }
}
