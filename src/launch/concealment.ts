import type { Instance } from '../model/instance.ts'
import type { Ports } from '../ports.ts'

/** Takes what only the boot needed out of the reach of the machine's jobs: once its agent registers, at the latest when its runner is online. */
export class Concealment {
  readonly #machine: Instance
  readonly #ports: Ports
  #order: Promise<string | undefined> | undefined

  constructor(machine: Instance, ports: Ports) {
    this.#machine = machine
    this.#ports = ports
  }

  begin(): void {
    const { clouds, signal } = this.#ports
    this.#order ??= clouds.of(this.#machine).conceal(this.#machine, signal)
    this.#order.catch(() => undefined)
  }

  /** Tells what stays readable. */
  async done(): Promise<void> {
    this.begin()
    const told = await this.#order
    if (told !== undefined) this.#ports.host.log.info(told)
  }
}
