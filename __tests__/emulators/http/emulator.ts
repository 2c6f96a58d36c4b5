import { onItsWay, slow } from '../slow.ts'
import type { Conformity } from '../../shapes/conformity.ts'
import { HttpServer, longestBody, onTheWire, type ServerOptions } from './server.ts'
import type { Answer, Fault, JournalEntry, NoAnswer, Request } from './wire.ts'
import type { EmulatedWorld } from './world.ts'

/** What tests can do with every emulator. */
export interface Emulator<E extends JournalEntry = JournalEntry> {
  /** Where the service is. */
  readonly url: string
  /** Variables with which the product finds this service and no other. */
  readonly variables: Readonly<Record<string, string>>
  /** What happens to a request on its way; undefined = nothing. */
  fault: ((request: E) => Fault | undefined) | undefined
  /** Keeps a request on its way, before anything of it is looked at, until the promise resolves. */
  hold: ((request: E) => Promise<void> | undefined) | undefined
  /** Every request, in the order in which they came. */
  readonly journal: readonly E[]
  /** Requests that the vendor would not have understood, or that the emulator does not know, and defects of its own: `close` fails for them. */
  readonly refused: readonly string[]
  /** The same, and forgets them: for a test that makes such requests on purpose. */
  takeRefused(): readonly string[]
  /** Its answers against what was recorded of the vendor, and what differs is `refused` as well; undefined where nothing was recorded. */
  readonly conformity: Conformity | undefined
  /** Unix ms at the service. */
  now(): number
  /** Lets time pass at the service, and at nothing else. */
  advance(ms: number): void
  /** Resolves with what `find` gives as soon as it gives something, asked again after every change and every request. */
  until<T>(find: () => T | undefined | false): Promise<T>
  /** Ends the service. Rejects with what was refused and never taken. */
  close(): Promise<void>
}

/**
 * What every emulated service does with a request, whoever's it is. README.md beside this file says how to write one.
 * A request is read, written down, held, and struck by a fault; what is left of it is guarded by the vendor's limits, answered, and dressed.
 */
export abstract class HttpEmulator<W extends EmulatedWorld, E extends JournalEntry> implements Emulator<E> {
  fault: Emulator<E>['fault']
  hold: Emulator<E>['hold']
  readonly journal: E[] = []
  readonly refused: string[] = []
  readonly conformity: Conformity | undefined
  protected readonly world: W
  readonly #server: HttpServer

  constructor(world: W, options: ServerOptions, conformity?: Conformity) {
    this.world = world
    this.conformity = conformity
    this.#server = new HttpServer(options, (request) => this.#serve(request))
  }

  abstract readonly variables: Readonly<Record<string, string>>

  /** What the journal remembers of a request: `entryOf`, and what the vendor's words for it are. */
  protected abstract read(request: Request): E

  /** Does what is asked. What it throws is a defect of the emulator. */
  protected abstract answer(entry: E, request: Request): Answer | Promise<Answer>

  /** The vendor's words where it fails or throttles. */
  protected abstract failure(kind: '5xx' | 'throttle', entry: E): Answer

  /** What the vendor's limits say, before anything is done. Undefined = go on. */
  protected guard(_entry: E, _request: Request): Answer | undefined {
    return undefined
  }

  /** Adds what stands in every answer: ids, what is left of a limit. */
  protected dress(_entry: E, _request: Request, answer: Answer): Answer {
    return answer
  }

  /** The path of a request as the vendor's own clients send it, with its query; undefined where its answer is no part of what was recorded. */
  protected recordedPath(_entry: E, { path, search }: Request): string | undefined {
    return `${path}${search}`
  }

  /** Where the server listens: scheme, host, port. */
  get origin(): string {
    return this.#server.url
  }

  get url(): string {
    return this.origin
  }

  now(): number {
    return this.world.now()
  }

  advance(ms: number): void {
    this.world.advance(ms)
  }

  until<T>(find: () => T | undefined | false): Promise<T> {
    return this.world.until(find)
  }

  /** `port`: any free one when 0. */
  async listen(port = 0): Promise<void> {
    await this.#server.listen(port)
  }

  takeRefused(): readonly string[] {
    return this.refused.splice(0)
  }

  async close(): Promise<void> {
    await this.#server.close()
    if (this.refused.length === 0) return
    const lines = this.refused.join('\n')
    throw new Error(`The emulator at ${this.url} was asked what nobody understands:\n${lines}`)
  }

  /** Writes down a request that should not have been made. How the vendor would answer it, the caller knows. */
  protected refuse(what: string, why: string): void {
    this.refused.push(`${what}: ${why}`)
  }

  protected entryOf({ method, path, headers }: Request): JournalEntry {
    return { at: this.now(), method, path, headers, status: 0 }
  }

  /** A defect of the emulator must not look like one of the vendor's own answers. */
  async #serve(request: Request): Promise<Answer | NoAnswer> {
    const what = `${request.method} ${request.path}`
    if (request.overflow) this.refuse(what, `a body of more than ${longestBody} bytes`)
    if (request.overflow) return { status: 413, body: { message: 'The emulator reads no more' } }
    try {
      return await this.respond(request)
    } catch (error) {
      const why = `the emulator failed: ${String(error instanceof Error ? error.stack : error)}`
      this.refuse(what, why)
      return { status: 501, body: { message: why } }
    }
  }

  /** The way of a request. What stands at the same address and takes no part in it, an emulator answers before. */
  protected async respond(request: Request): Promise<Answer | NoAnswer> {
    if (slow) await onItsWay()
    const entry = this.read(request)
    this.journal.push(entry)
    await this.hold?.(entry)
    this.world.tick()
    const fault = this.fault?.(entry)
    if (fault) entry.fault = fault
    const done = unanswered(fault, 'reset-before', 'silent') ?? (await this.#done(entry, request, fault))
    this.world.changed()
    return done
  }

  async #done(entry: E, request: Request, fault: Fault | undefined): Promise<Answer | NoAnswer> {
    const answer =
      this.#struck(entry, fault) ?? this.guard(entry, request) ?? (await this.answer(entry, request))
    const lost = unanswered(fault, 'reset-after', 'unheard')
    if (lost) return lost
    const sent = fault === 'malformed' ? half(answer) : this.dress(entry, request, answer)
    entry.status = sent.status
    if (fault === undefined) this.#conform(entry, request, sent)
    return sent
  }

  /** An answer that does not look like the vendor's is a mistake of the emulator. */
  #conform(entry: E, request: Request, answer: Answer): void {
    const path = this.recordedPath(entry, request)
    if (!this.conformity || path === undefined || answer.status === 501) return
    const { headers, bytes } = onTheWire(answer)
    const sent = { status: answer.status, headers, body: bytes?.toString('utf8') }
    const asked = { method: request.method, path, requestBody: request.bytes.toString('utf8') }
    for (const problem of this.conformity.problems({ ...asked, ...sent }))
      if (!this.refused.includes(problem)) this.refused.push(problem)
  }

  #struck(entry: E, fault: Fault | undefined): Answer | undefined {
    if (typeof fault === 'object') return fault
    return fault === '5xx' || fault === 'throttle' ? this.failure(fault, entry) : undefined
  }
}

function unanswered(fault: Fault | undefined, broken: Fault, hanging: Fault): NoAnswer | undefined {
  if (fault === undefined) return undefined
  return fault === broken ? 'break' : fault === hanging ? 'hang' : undefined
}

/** Half of an answer, or, where there is nothing to halve, what a proxy may say in its place. */
function half({ status, headers = {}, body }: Answer): Answer {
  if (Buffer.isBuffer(body)) return { status, headers, body: body.subarray(0, body.length / 2) }
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
  return text
    ? { status, headers, body: text.slice(0, text.length / 2) }
    : { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>ok</html>' }
}
