import { sendOften, type Call } from '../../lib/sending.ts'
import type { CloudContext } from '../cloud.ts'
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

  async send<T>(action: string, call: Call, act: (options: SendOptions) => Promise<T>): Promise<T> {
    const { clock, log, variables } = this.#context
    const timeout = /wait$/i.test(action)
      ? patience.wait
      : /insert$/i.test(action)
        ? patience.create
        : patience.answer
    const sending = {
      clock,
      log,
      again: (error: unknown) => repeatable(error, action),
      explain: (error: unknown) => explain(error, { tried: call.tried, project: this.#project() }, variables),
    }
    return sendOften(sending, call, () => act({ timeout, retry: null, autoPaginate: false }))
  }
}
