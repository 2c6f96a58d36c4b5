import { createComputeManagement } from '@azure/arm-compute/api'
import { sendOften, type Call } from '../../lib/sending.ts'
import { pageIn } from '../../lib/web-page.ts'
import type { CloudContext } from '../cloud.ts'
import type { Answer, Arm, Asked } from './arm.ts'
import { versions } from './arm.ts'
import { explain, repeatable } from './failures.ts'
import { Login } from './login.ts'
import { refusalIn } from './vendor-error.ts'

type Client = ReturnType<typeof createComputeManagement>

/** ms without an answer. */
const patience = { read: 15_000, change: 30_000 } as const

/**
 * Azure Resource Manager by the pipeline of Microsoft's client: its credentials, proxies and headers. Its own models are not loaded, and repeating is our own business,
 * since 429 is not only throttling there.
 */
export function createArm(context: CloudContext): Arm {
  const login = new Login(context)
  let subscription: string | undefined
  let client: Client | undefined
  const open = async (): Promise<Client> => {
    const { credential } = login
    client ??= createComputeManagement(await credential, '', {
      endpoint: login.api,
      credentials: { scopes: [login.scope] },
      retryOptions: { maxRetries: 0 },
      userAgentOptions: { userAgentPrefix: 'cml-runner' },
    })
    return client
  }
  const send = (asked: Asked, call: Call): Promise<Answer> => {
    const sending = {
      clock: context.clock,
      log: context.log,
      again: (error: unknown) => repeatable(error, asked.method),
      explain: (error: unknown) => explain(error, call.tried, context.variables),
    }
    return sendOften(sending, call, async (attempts) =>
      sendOnce(await open(), { ...asked, attempts }, login.api, call.signal),
    )
  }
  return {
    api: login.api,
    get knownSubscription() {
      return subscription
    },
    subscription: async (call = { tried: 'find the subscription of Azure to launch in' }) =>
      (subscription ??= login.subscription ?? (await onlySubscription(send, call, login))),
    send,
  }
}

/** Addresses that answers tell are followed as they are; never to another server, since the token goes with them. */
async function sendOnce(
  client: Client,
  { method, path, body, headers = {}, attempts }: Asked & Pick<Answer, 'attempts'>,
  api: string,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const address = path.startsWith('/') ? `${api}${path}` : path
  if (new URL(address).origin !== new URL(api).origin)
    throw new Error(`an answer leads to another server than ${api}`)
  const options = {
    headers: { accept: 'application/json', ...headers },
    timeout: method === 'GET' ? patience.read : patience.change,
    ...(body === undefined ? {} : { body, contentType: 'application/json' }),
    ...(signal ? { abortSignal: signal } : {}),
  }
  const verb = method.toLowerCase() as 'get' | 'put' | 'post' | 'delete'
  const answer = await client.pathUnchecked(address)[verb](options)
  const status = Number(answer.status)
  const plain = {
    status,
    headers: { ...answer.headers } as Answer['headers'],
    body: answer.body as unknown,
    attempts,
  }
  const page = pageIn(status, plain.headers['content-type'], plain.body)
  if (page) throw page
  const refusal = refusalIn(plain, method)
  if (refusal) throw refusal
  return plain
}

/** Of credentials that belong to one subscription alone. */
async function onlySubscription(send: Arm['send'], call: Call, login: Login): Promise<string> {
  const { body } = await send(
    { method: 'GET', path: `/subscriptions?api-version=${versions.subscriptions}` },
    call,
  )
  const { value = [] } = body as { readonly value?: readonly { readonly subscriptionId?: string }[] }
  const [first, ...others] = value.flatMap(({ subscriptionId }) => subscriptionId ?? [])
  if (first === undefined || others.length > 0) throw login.noSubscription(value.length)
  return first
}
