import { orAbort } from '../../lib/abort.ts'
import { retry } from '../../lib/retry.ts'
import type { CloudContext } from '../cloud.ts'
import type { Call } from './call.ts'
import { explain, repeatable } from './failures.ts'

/** What the SDK's methods are given with each request: repeating is our own business, since some refusals come as HTTP 503. */
export interface SendOptions {
  readonly timeout: number
  readonly retry: null
  readonly autoPaginate: false
}

/** Milliseconds. `wait` is what the server itself waits for an operation, and more. */
export const patience = { answer: 15_000, create: 30_000, wait: 150_000 } as const

/** Sends requests as often as their answers ask for, and tells refusals in our words. */
export class Sender {
  readonly #context: CloudContext
  readonly #project: () => string

  constructor(context: CloudContext, project: () => string) {
    this.#context = context
    this.#project = project
  }

  async send<T>(
    action: string,
    { tried, signal, attempts }: Call,
    act: (options: SendOptions) => Promise<T>,
  ): Promise<T> {
    const { clock, log, variables } = this.#context
    const policy = {
      clock,
      log,
      pause: 250,
      longest: 8_000,
      again: (error: unknown) => repeatable(error, action),
      signal,
      ...(attempts === undefined ? {} : { attempts }),
    }
    const timeout = /wait$/i.test(action)
      ? patience.wait
      : /insert$/i.test(action)
        ? patience.create
        : patience.answer
    signal?.throwIfAborted()
    try {
      return await retry(policy, () => orAbort(act({ timeout, retry: null, autoPaginate: false }), signal))
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      throw explain(error, { tried, project: this.#project() }, variables)
    }
  }
}
