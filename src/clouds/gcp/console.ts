import { Failure } from '../../model/failure.ts'
import type { Instance } from '../../model/instance.ts'
import type { CloudContext } from '../cloud.ts'
import type { Compute } from './compute.ts'
import { whereOf } from './names.ts'

interface Read {
  text: string
  /** The byte to go on with. */
  next: string
}

/**
 * Boot logs of one launch, from the first serial port. Each look asks for what is new alone, since the port keeps a megabyte. A denial is remembered, so that it
 * costs one call and not one per look.
 */
export class Consoles {
  readonly #compute: Compute
  readonly #context: CloudContext
  readonly #read = new Map<string, Read>()
  #denied = false

  constructor(compute: Compute, context: CloudContext) {
    this.#compute = compute
    this.#context = context
  }

  /** Never throws. Line ends are `\n`. */
  async read(machine: Instance, signal?: AbortSignal): Promise<string | undefined> {
    const where = whereOf(machine)
    if (this.#denied || !where) return undefined
    const known = this.#read.get(machine.id) ?? { text: '', next: '0' }
    try {
      // One try: it is asked again at the next look anyway.
      const call = { tried: `read the boot log of ${machine.id}`, signal, attempts: 1 }
      const { contents, next } = await this.#compute.serialPort(where, known.next, call)
      known.text += contents.replaceAll('\r\n', '\n')
      known.next = next
      this.#read.set(machine.id, known)
    } catch (error) {
      if (!(error instanceof Failure)) return undefined
      this.#note(error)
    }
    return known.text === '' ? undefined : known.text
  }

  #note(failure: Failure): void {
    this.#context.log.debug(failure.message)
    if (failure.kind !== 'permission-denied') return
    this.#denied = true
    this.#context.log.info(
      'The boot log cannot be shown: these credentials lack compute.instances.getSerialPortOutput.',
    )
  }
}
