import type { Request } from '../http/wire.ts'
import { CloudFront, Refusal, type CloudEntry } from './front.ts'
import type { CloudWorld } from './machines.ts'

export type JsonObject = Readonly<Record<string, unknown>>

export function object(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

export function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function texts(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(object(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

/** Something that can be asked, by its method and a path with parts: `/subscriptions/{subscription}`. */
export interface Route {
  readonly action: string
  readonly method: string
  readonly pattern: RegExp
  /** Names of the path's parts, in their order. */
  readonly parts: readonly string[]
}

/** `flags`: of the expression by which paths are told apart. */
export function routeOf(action: string, method: string, path: string, flags = ''): Route {
  const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const source = path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '([^/]+)')
  return { action, method, pattern: new RegExp(`^${source}$`, flags), parts }
}

export interface RestEntry extends CloudEntry {
  /** Parts of the path. */
  readonly parts: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: JsonObject | undefined
  /** What the caller must be allowed; undefined when it did not come to that. */
  permissions?: readonly string[]
}

/** A cloud whose resources have paths. */
export abstract class RestFront<W extends CloudWorld, R extends Route> extends CloudFront<W, RestEntry> {
  /** The first that fits is meant. */
  protected abstract readonly routes: readonly R[]

  protected read(request: Request): RestEntry {
    const { query, body } = request
    const route = this.#routeOf(request)
    const values = route?.pattern.exec(request.path)?.slice(1).map(decodeURIComponent) ?? []
    return {
      ...this.entryOf(request),
      action: route?.action ?? '',
      parts: Object.fromEntries((route?.parts ?? []).map((part, index) => [part, values[index] ?? ''])),
      query,
      body: typeof body === 'object' ? (body as JsonObject) : undefined,
    }
  }

  /** Throws for what nothing answers to. */
  protected route(request: Request): R {
    const found = this.#routeOf(request)
    if (!found) throw this.misread(request, new Refusal(400, this.strange, 'nothing has such a path'))
    return found
  }

  /** The code of a request that the cloud does not understand. */
  protected abstract readonly strange: string

  #routeOf({ method, path }: Request): R | undefined {
    return this.routes.find((route) => route.method === method && route.pattern.test(path))
  }
}
