import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { usedMethods } from '../../../../scripts/build/compute-protos.ts'
import { layLightCompute } from '../../../../scripts/build/light-compute.ts'

/**
 * dist/ holds a copy of Compute Engine's client with the description of the methods that are used, and without gRPC. Whatever is used must behave in it
 * as in the client as installed: the same bytes go out, and the same answers are read, with every member of the description present.
 */

const root = join(import.meta.dirname, '../../../..')
const installed = join(root, 'node_modules/@google-cloud/compute')

interface Type {
  readonly fields?: Readonly<Record<string, Field>>
  readonly values?: Readonly<Record<string, number>>
  readonly nested?: Readonly<Record<string, Type>>
  readonly methods?: Readonly<Record<string, { readonly requestType: string; readonly responseType: string }>>
}
interface Field {
  readonly type: string
  readonly rule?: 'repeated'
  readonly keyType?: string
}

interface Tree {
  readonly nested: { readonly google: { readonly nested: { readonly cloud: Cloud } } }
}
interface Cloud {
  readonly nested: {
    readonly compute: { readonly nested: { readonly v1: { readonly nested: Record<string, Type> } } }
  }
}
const whole = JSON.parse(readFileSync(join(installed, 'build/protos/protos.json'), 'utf8')) as Tree
const types = whole.nested.google.nested.cloud.nested.compute.nested.v1.nested

/** Something for every field, two of each list, so that order and nesting show. 64-bit numbers are text, as JSON has them. */
function sample(name: string, hint: string, within: readonly string[] = []): unknown {
  const { fields = {} } = types[name] ?? {}
  // What Google's other services share is no part of it.
  const own = Object.entries(fields).filter(([, { type }]) => !/^\.?google\./.test(type))
  return Object.fromEntries(
    own.map(([key, field]) => {
      const one = (index: string): unknown => value(field.type, `${hint}.${key}${index}`, [...within, name])
      if (field.keyType) return [key, { [`${key} one`]: one('1'), two: one('2') }]
      return [key, field.rule === 'repeated' ? [one('0'), one('1')] : one('')]
    }),
  )
}

function value(type: string, hint: string, within: readonly string[]): unknown {
  const inner = types[within.at(-1) ?? '']?.nested?.[type] ?? types[type]
  if (inner?.values) return Object.keys(inner.values).at(-1)
  // A type may hold itself.
  if (inner) return within.includes(type) ? {} : sample(type, hint, within)
  if (type === 'bool') return true
  if (/64$/.test(type)) return '9007199254740993'
  if (/^(u?int32|double|float)$/.test(type)) return 7
  return `${hint} <&"ü/%`
}

const methods = Object.entries(usedMethods).flatMap(([service, names]) =>
  names.map((method) => ({ service, method, ...types[service]!.methods![method]! })),
)

interface Case {
  readonly service: string
  readonly method: string
  readonly request: unknown
  readonly status: number
  readonly body: string
}
interface Came {
  readonly sent: { readonly line: string; readonly headers: object; readonly body: string } | undefined
  readonly result: { readonly answer?: unknown; readonly third?: unknown; readonly error?: object }
}

let stage: string
let server: Server
let cases: readonly Case[] = []
const sent: NonNullable<Came['sent']>[] = []

beforeAll(async () => {
  stage = await mkdtemp(join(root, 'node_modules/.light-'))
  await layLightCompute(root, stage)
  server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const { status, body: answer } = cases[sent.length]!
      sent.push({ line: `${request.method} ${request.url}`, headers: stable(request.headers), body })
      response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' }).end(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(stage, { recursive: true })
})

/** Without what tells two equal requests apart, and which build of the library it was. */
function stable(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const passing = ['host', 'connection', 'user-agent', 'x-goog-api-client']
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, passing.includes(name) ? typeof value : value]),
  )
}

async function exchange(folder: string, asked: readonly Case[]): Promise<readonly Came[]> {
  cases = asked
  sent.splice(0)
  const { port } = server.address() as AddressInfo
  const probe = join(import.meta.dirname, 'light-client.cjs')
  const child = spawn(process.execPath, ['--no-warnings', probe, folder, String(port)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stdin.end(JSON.stringify(asked))
  await new Promise((resolve) => child.once('close', resolve))
  const results = JSON.parse(output) as readonly Came['result'][]
  return results.map((result, index) => ({ result, sent: sent[index] }))
}

const error = (code: number, reason: string): string =>
  JSON.stringify({
    error: { code, message: 'no <room>', errors: [{ domain: 'global', reason, message: 'no <room>' }] },
  })

const wellAsked: readonly Case[] = methods.map(({ service, method, requestType, responseType }) => ({
  service,
  method,
  request: sample(requestType, 'in'),
  status: 200,
  body: JSON.stringify(sample(responseType, 'out')),
}))
const insert = wellAsked.find(({ method }) => method === 'Insert')!
const troubled: readonly Case[] = [
  { ...insert, status: 403, body: error(403, 'quotaExceeded') },
  { ...insert, status: 404, body: error(404, 'notFound') },
  { ...insert, status: 409, body: error(409, 'alreadyExists') },
  { ...insert, status: 503, body: error(503, 'backendError') },
  { ...insert, status: 502, body: 'upstream down' },
  { ...insert, status: 200, body: '{"name":"half' },
  { ...insert, status: 200, body: '{"neverHeardOf":{"new":1},"status":"NEW_WORD","name":"it"}' },
]

describe('Compute Engine’s client without what is not used', () => {
  test('sends the same bytes and reads the same answers, method by method', async () => {
    const light = await exchange(join(stage, 'node_modules/@google-cloud/compute'), wellAsked)
    const full = await exchange(installed, wellAsked)
    expect(full).toHaveLength(methods.length)
    for (const [index, came] of full.entries()) {
      const { service, method } = wellAsked[index]!
      expect({ service, method, ...light[index] }).toEqual({ service, method, ...came })
      expect(came.result.error).toBeUndefined()
      expect(Object.keys(came.result.third ?? came.result.answer ?? {}).length).toBeGreaterThan(2)
      expect(came.sent?.line).toContain('/compute/v1/projects/')
    }
    const order = full[wellAsked.indexOf(insert)]!.sent!
    expect(JSON.parse(order.body)).toMatchObject(
      (insert.request as { instanceResource: object }).instanceResource,
    )
  })

  test('reads refusals, broken answers and news in the same way', async () => {
    const light = await exchange(join(stage, 'node_modules/@google-cloud/compute'), troubled)
    const full = await exchange(installed, troubled)
    expect(light).toEqual(full)
    expect(full.map(({ result }) => result.error !== undefined)).toEqual([...Array(6).fill(true), false])
  })
})
