import type { Answer, Request } from './wire.ts'

export type Message =
  | {
      readonly id: number
      readonly type: 'job'
      readonly job: { readonly id: number; readonly name: string }
    }
  | { readonly id: number; readonly type: 'cancel'; readonly jobId: number }
  | {
      readonly id: number
      readonly type: 'update'
      readonly version: string
      readonly url: string
      readonly sha256: string
    }

const longPoll = 50_000
/** What a session needs of the service around it. */
export interface Surroundings {
  messages(): readonly Message[]
  now(): number
  /** Real milliseconds that a listener may take from one answered poll to the next one. */
  readonly pollWithin: number
  changed(): void
}

/** A listener's connection: it polls for messages, and its breaking is how the service notices that a machine is gone. */
export class Session {
  readonly id: string
  #delivered = new Set<number>()
  #waiting: ((answer: Answer) => void) | undefined
  #timer: NodeJS.Timeout | undefined
  readonly #around: Surroundings
  /** When the connection broke, by the service's clock. */
  lostAt: number | undefined

  constructor(id: string, around: Surroundings) {
    this.id = id
    this.#around = around
    this.#expect()
  }

  /** Answers with the next message of which this session has not heard, or with 204 after the usual 50 s. */
  poll(request: Request): Promise<Answer> {
    clearTimeout(this.#timer)
    this.#waiting?.({ status: 204 })
    const returned = this.lostAt !== undefined
    this.lostAt = undefined
    if (returned) this.#around.changed()
    return new Promise((resolve) => {
      const answer = (value: Answer): void => {
        clearTimeout(timer)
        this.#waiting = undefined
        this.#expect()
        resolve(value)
      }
      const timer = setTimeout(() => answer({ status: 204 }), longPoll)
      timer.unref()
      this.#waiting = answer
      request.gone.addEventListener('abort', () => {
        if (this.#waiting !== answer) return
        clearTimeout(timer)
        this.#waiting = undefined
        this.#lose()
      })
      this.wake()
    })
  }

  /** Looks whether there is something to tell. */
  wake(): void {
    const message = this.#around.messages().find(({ id }) => !this.#delivered.has(id))
    if (!message || !this.#waiting) return
    this.#delivered.add(message.id)
    this.#waiting({ status: 200, body: message })
  }

  /** Ends a waiting poll with an answer of its own. */
  interrupt(answer: Answer): void {
    this.#waiting?.(answer)
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#waiting?.({ status: 204 })
    clearTimeout(this.#timer)
  }

  #expect(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#lose(), this.#around.pollWithin)
    this.#timer.unref()
  }

  #lose(): void {
    clearTimeout(this.#timer)
    this.lostAt = this.#around.now()
    this.#around.changed()
  }
}
