import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import * as full from '@aws-sdk/client-ec2'
import { NormalizedSchema } from '@smithy/core/schema'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { bundlePackage, lightEc2 } from '../../../scripts/build/light-packages.ts'
import { encode, readOperation, type Shape } from '../../emulators/ec2/schema.ts'

/**
 * dist/ holds a copy of the EC2 client without the descriptions of operations that are not used. Whatever is used must behave in it as
 * in the client as installed: the same bytes go out, and the same answers are read, with every member of the model present.
 */

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const recipe = lightEc2(root)
const operations = recipe.names.filter((name) => name.endsWith('Command'))
type Sdk = typeof full

let folder: string
let pruned: Sdk
let server: Server
let answer: { status: number; body: string }
const received: { body: string; headers: Record<string, unknown>; path: string | undefined }[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(root, 'node_modules/.pruned-'))
  await bundlePackage(root, '@aws-sdk/client-ec2', recipe, folder)
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  pruned = (await import(pathToFileURL(join(folder, 'index.js')).href)) as Sdk
  server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      received.push({ body, headers: stable(request.headers), path: request.url })
      response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true })
})

/** Without what tells two equal requests apart: time, signature, the request's own id; and which build of the SDK it was. */
function stable(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const passing = [
    'x-amz-date',
    'authorization',
    'amz-sdk-invocation-id',
    'connection',
    'host',
    'user-agent',
    'x-amz-user-agent',
  ]
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, passing.includes(name) ? typeof value : value]),
  )
}

/** Something for every member, two of each list, so that order and nesting show. */
function sample(schema: NormalizedSchema, hint: string, depth = 0): unknown {
  if (schema.isStructSchema()) {
    if (depth > 12) return {}
    return Object.fromEntries(
      [...schema.structIterator()].map(([name, member]) => [
        name,
        sample(member, `${hint}.${name}`, depth + 1),
      ]),
    )
  }
  if (schema.isListSchema())
    return [0, 1].map((index) => sample(schema.getValueSchema(), `${hint}.${index}`, depth + 1))
  if (schema.isBooleanSchema()) return true
  if (schema.isNumericSchema()) return 7
  if (schema.isTimestampSchema()) return new Date('2026-01-02T03:04:05Z')
  if (schema.isBlobSchema()) return Buffer.from(hint)
  return `${hint} <&"ü`
}

function clientOf(sdk: Sdk): full.EC2Client {
  const { port } = server.address() as AddressInfo
  const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret' }
  return new sdk.EC2Client({
    region: 'us-west-2',
    endpoint: `http://127.0.0.1:${port}`,
    credentials,
    maxAttempts: 1,
  })
}

/** What goes out, and what comes back: an answer or an error, without the moment it happened at. */
async function exchange(sdk: Sdk, name: string, input: object) {
  const Command = sdk[name as 'RunInstancesCommand']
  const client = clientOf(sdk)
  try {
    const { $metadata, ...output } = await client.send(new Command(input as full.RunInstancesCommandInput))
    return { request: received.pop(), status: $metadata.httpStatusCode, output }
  } catch (error) {
    const { name: code, message, $fault, $metadata } = error as full.EC2ServiceException
    return {
      request: received.pop(),
      status: $metadata?.httpStatusCode,
      error: { code, message, $fault },
    }
  } finally {
    client.destroy()
  }
}

const oneInstance = { MinCount: 1, MaxCount: 1, ClientToken: 'token' }

describe('the EC2 client without what is not used', () => {
  test('is asked for at least the operations of a launch', () => {
    expect(operations).toEqual(
      expect.arrayContaining([
        'DescribeInstancesCommand',
        'RunInstancesCommand',
        'TerminateInstancesCommand',
      ]),
    )
  })

  test.each(operations)('%s sends the same bytes and reads the same answer', async (name) => {
    const operation = readOperation(full[name.replace(/Command$/, '$') as 'RunInstances$'])
    const input = sample(NormalizedSchema.of(operation.input as never), 'in') as object
    const output = sample(NormalizedSchema.of(operation.output as never), 'out') as Shape
    const element = `${operation.name}Response`
    answer = {
      status: 200,
      body: `<${element}><requestId>r-1</requestId>${encode(operation.output, output)}</${element}>`,
    }
    const expected = await exchange(full, name, input)
    expect(Object.keys(expected.output ?? {})).toEqual(Object.keys(output))
    expect(expected.request?.body.length).toBeGreaterThan(20)
    expect(await exchange(pruned, name, input)).toEqual(expected)
  })

  test.each([
    [500, 'InsufficientInstanceCapacity', 'Server'],
    [400, 'InvalidParameterValue', 'Client'],
  ])('an error with status %d is read the same way', async (status, code) => {
    answer = {
      status,
      body: `<Response><Errors><Error><Code>${code}</Code><Message>no &lt;room&gt;</Message></Error></Errors><RequestID>r-2</RequestID></Response>`,
    }
    const expected = await exchange(full, 'RunInstancesCommand', oneInstance)
    expect(expected.error?.code).toBe(code)
    expect(await exchange(pruned, 'RunInstancesCommand', oneInstance)).toEqual(expected)
  })

  test('an error that is not XML is read the same way', async () => {
    answer = { status: 503, body: 'upstream down' }
    const input = { InstanceIds: ['i-1'] }
    expect(await exchange(pruned, 'TerminateInstancesCommand', input)).toEqual(
      await exchange(full, 'TerminateInstancesCommand', input),
    )
  })
})
