import { orAbort } from '../../lib/abort.ts'
import { within } from '../../lib/within.ts'
import type { CloudContext } from '../cloud.ts'
import { partitionOf } from './regions.ts'

/** Whose credentials these are. */
export interface Caller {
  /** Twelve digits. */
  readonly account: string
  /** User or role: `arn:aws:sts::111122223333:assumed-role/ci/run`. */
  readonly arn?: string
}

/** ms. Who does not answer in that time is not waited for: nothing depends on it but the tidying up. A launch waits less by itself. */
const patience = 10_000

/** Bytes; an answer has about 500. */
const longest = 16_384

/**
 * Who these credentials are. GetCallerIdentity needs no permission
 * (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html). One request, signed by the SDK's own signer, because STS's client is as large
 * as all that a launch loads. `client` is used for nothing else: its signer remembers the service. Undefined whatever keeps it from an answer.
 */
export async function askCaller(
  client: Signing,
  region: string,
  { clock, variables }: Pick<CloudContext, 'clock' | 'variables'>,
  signal?: AbortSignal,
): Promise<Caller | undefined> {
  const address = addressOf('sts', region, variables)
  try {
    return address && (await orAbort(within(ask(client, region, address), patience, clock), signal))
  } catch {
    return undefined
  }
}

type Asking = (region: string, signal?: AbortSignal) => Promise<Caller | undefined>

/** An answer is kept. Where there was none, whoever asks next asks anew, once. */
export function kept(ask: Asking): Asking {
  let asked: ReturnType<Asking> | undefined
  let mayAskAgain = true
  return (region, signal) =>
    (asked ??= ask(region, signal).then((caller) => {
      if (!caller && mayAskAgain) asked = undefined
      mayAskAgain = false
      return caller
    }))
}

/** Undefined where it is not known. */
export function addressOf(
  service: 'sts' | 'servicequotas',
  region: string,
  variables: CloudContext['variables'],
): URL | undefined {
  const own = service === 'sts' ? 'AWS_ENDPOINT_URL_STS' : 'AWS_ENDPOINT_URL_SERVICE_QUOTAS'
  const given = variables[own] || variables.AWS_ENDPOINT_URL
  const domain = domains[partitionOf(region)]
  const address = given || (domain && `https://${service}.${region}.${domain}`)
  return address && URL.canParse(address) ? new URL(address) : undefined
}

async function ask(client: Signing, region: string, address: URL): Promise<Caller | undefined> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
  const body = 'Action=GetCallerIdentity&Version=2011-06-15'
  const { status, text } = await sendSigned(client, { service: 'sts', region, address, headers, body })
  return status === 200 ? readCaller(text) : undefined
}

/** A POST to another service than EC2. */
export interface SignedRequest {
  readonly service: string
  readonly region: string
  readonly address: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export async function sendSigned(
  { config }: Signing,
  { service, region, address: { protocol, hostname, host, port, pathname }, headers, body }: SignedRequest,
): Promise<{ readonly status: number; readonly text: string }> {
  const scheme = { name: 'sigv4', signingName: service, signingRegion: region, properties: {} }
  const signer = await config.signer(scheme)
  const request = {
    method: 'POST',
    protocol,
    hostname,
    ...(port ? { port: Number(port) } : {}),
    path: pathname,
    query: {},
    headers: { host, 'user-agent': 'cml-runner', ...headers },
    body,
  }
  const signed = await signer.sign(request)
  const handler = config.requestHandler as Handler
  const { response } = await handler.handle(signed, { requestTimeout: patience })
  return { status: response.statusCode, text: await textOf(response.body) }
}

function readCaller(text: string): Caller | undefined {
  const account = /<Account>(\d{12})<\/Account>/.exec(text)?.[1]
  const arn = /<Arn>(arn:[^<]+)<\/Arn>/.exec(text)?.[1]
  return account === undefined ? undefined : { account, ...(arn === undefined ? {} : { arn }) }
}

interface Scheme {
  readonly name: string
  readonly signingName: string
  readonly signingRegion: string
  readonly properties: Record<string, unknown>
}

/** What is used here of a client of the SDK. */
export interface Signing {
  readonly config: {
    signer(scheme: Scheme): Promise<{ sign(request: object): Promise<unknown> }>
    readonly requestHandler: unknown
  }
}

/** What the SDK sends requests with, as far as it is used here. */
interface Handler {
  handle(
    request: unknown,
    options: { readonly requestTimeout: number },
  ): Promise<{ readonly response: { readonly statusCode: number; readonly body: AsyncIterable<Buffer> } }>
}

/** Where the regional services of a partition are; of the closed ones nothing could be verified, and so nothing is asked. */
const domains: Readonly<Record<string, string>> = {
  aws: 'amazonaws.com',
  'aws-us-gov': 'amazonaws.com',
  'aws-cn': 'amazonaws.com.cn',
}

/** As much as is read of what is no answer of EC2's. */
export async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    if ((size += chunk.length) > longest) break
  }
  return Buffer.concat(chunks).toString('utf8')
}
