import { sendOften, type Call } from '../../lib/sending.ts'
import type { CloudContext } from '../cloud.ts'
import { explain, repeatable } from './failures.ts'

/** What the SDK's clients are given with each call. */
export interface SendOptions {
  readonly abortSignal?: AbortSignal
  readonly requestTimeout: number
}

/** Milliseconds. Creating takes EC2 longer than anything else; repeating it early would be harmless (same token) but useless. */
const patience = { connect: 10_000, answer: 15_000, create: 30_000 } as const

/** The same as the SDK takes them. */
export const timeouts = {
  connectionTimeout: patience.connect,
  requestTimeout: patience.answer,
  throwOnRequestTimeout: true,
} as const

/** One request, to the client of a region. */
export type Act<C, T> = (client: C, options: SendOptions) => Promise<T>

/** Sends one request as often as its answers ask for, and tells refusals in our words. `C`: the client of one region. */
export class Sender<C> {
  readonly #clients: { of(region: string): C }
  readonly #context: CloudContext

  constructor(clients: { of(region: string): C }, context: CloudContext) {
    this.#clients = clients
    this.#context = context
  }

  async send<T>(region: string, action: string, call: Call, act: Act<C, T>): Promise<T> {
    const { clock, log, variables } = this.#context
    const requestTimeout = action === 'RunInstances' ? patience.create : patience.answer
    const options = { requestTimeout, ...(call.signal ? { abortSignal: call.signal } : {}) }
    const sending = {
      clock,
      log,
      again: (error: unknown) => repeatable(error, action),
      explain: (error: unknown) =>
        explain(error, { tried: call.tried, action: `ec2:${action}`, region }, variables),
    }
    return sendOften(sending, call, () => act(this.#clients.of(region), options))
  }
}
