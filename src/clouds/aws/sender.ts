import { orAbort } from '../../lib/abort.ts'
import { retry } from '../../lib/retry.ts'
import type { CloudContext } from '../cloud.ts'
import { explain, repeatable } from './failures.ts'

/** How one call is made: what for, and until when. */
export interface Call {
  /** Reads after "Could not …". */
  readonly tried: string
  readonly signal?: AbortSignal | undefined
  /** Tries in all, the first included, of what is asked for again anyway; otherwise the signal's end decides. */
  readonly attempts?: number
}

/** What the SDK's clients are given with each call. */
export interface SendOptions {
  readonly abortSignal?: AbortSignal
  readonly requestTimeout: number
}

/** Milliseconds. Creating takes EC2 longer than anything else; repeating it early would be harmless (same token) but useless. */
export const patience = { connect: 10_000, answer: 15_000, create: 30_000 } as const

/** Sends one request as often as its answers ask for, and tells refusals in our words. `C`: the client of one region. */
export class Sender<C> {
  readonly #clients: { of(region: string): C }
  readonly #context: CloudContext

  constructor(clients: { of(region: string): C }, context: CloudContext) {
    this.#clients = clients
    this.#context = context
  }

  async send<T>(
    region: string,
    action: string,
    { tried, signal, attempts }: Call,
    act: (client: C, options: SendOptions) => Promise<T>,
  ): Promise<T> {
    const { clock, log, variables } = this.#context
    const requestTimeout = action === 'RunInstances' ? patience.create : patience.answer
    const options = { requestTimeout, ...(signal ? { abortSignal: signal } : {}) }
    const policy = {
      clock,
      log,
      pause: 250,
      longest: 8_000,
      again: (error: unknown) => repeatable(error, action),
      signal,
      ...(attempts === undefined ? {} : { attempts }),
    }
    signal?.throwIfAborted()
    try {
      // The SDK stops a request when the signal aborts, but not its search for credentials before.
      return await retry(policy, () => orAbort(act(this.#clients.of(region), options), signal))
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      throw explain(error, { tried, action: `ec2:${action}`, region }, variables)
    }
  }
}
