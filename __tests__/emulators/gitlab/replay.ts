import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

/** One request and its answer. Texts hold names in braces for what differs from run to run. */
export interface Exchange {
  readonly request: {
    readonly method: string
    readonly path: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: object
    readonly text?: string
  }
  readonly answer: {
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: object
  }
}

type Half = Partial<Record<'request' | 'answer', object>>

/** What is on the wire, or done at the server between two requests. */
export type Step =
  | { readonly server: 'queue a job' | 'delete the runner' | 'cancel the job' }
  | { readonly recorded?: Half; readonly followed?: Half }

export interface Story {
  readonly name: string
  readonly failureReasons?: readonly string[]
  readonly exchanges: readonly Step[]
  /** What the job is in the end. */
  readonly ends?: Readonly<Record<string, unknown>>
  /** Whether the registration is still there in the end. */
  readonly remains?: boolean
}

export interface Recording {
  readonly log: { readonly text: string }
  readonly info: object
  readonly stories: readonly Story[]
}

/** What gitlab-runner 19.4.0 says and hears: recorded, completed from its sources and GitLab's. */
export function readRecording(): Recording {
  const file = join(import.meta.dirname, '../../fixtures/gitlab-runner-exchanges.json')
  return JSON.parse(readFileSync(file, 'utf8')) as Recording
}

/** The recorded half with the other laid under it. */
export function exchangeOf({ recorded = {}, followed = {} }: { recorded?: Half; followed?: Half }): Exchange {
  return merge(followed, recorded) as Exchange
}

function merge(under: unknown, over: unknown): unknown {
  if (!isRecord(under) || !isRecord(over)) return over ?? under
  const names = new Set([...Object.keys(under), ...Object.keys(over)])
  return Object.fromEntries([...names].map((name) => [name, merge(under[name], over[name])]))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Values for the names in braces; a text that is nothing but a name becomes the value itself. */
export function fill<T>(template: T, values: Readonly<Record<string, unknown>>): T {
  if (Array.isArray(template)) return template.map((item: unknown) => fill(item, values)) as T
  if (isRecord(template))
    return Object.fromEntries(
      Object.entries(template).map(([name, value]) => [name, fill(value, values)]),
    ) as T
  if (typeof template !== 'string') return template
  const whole = /^\{([\w-]+)\}$/.exec(template)?.[1]
  if (whole !== undefined && whole in values) return values[whole] as T
  return template.replace(/\{([\w-]+)\}/g, (text, name: string) =>
    name in values ? String(values[name]) : text,
  ) as T
}

/** Values that a log gives to the requests that carry it or tell of it. */
export function valuesOfLog(text: string): Readonly<Record<string, unknown>> {
  const size = Buffer.byteLength(text)
  const checksum = `crc32:${crc32(text).toString(16).padStart(8, '0')}`
  return { trace: text, size, last: size - 1, checksum }
}
