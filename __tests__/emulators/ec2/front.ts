import * as sdk from '@aws-sdk/client-ec2'
import { randomUUID } from 'node:crypto'
import { Conformity } from '../../shapes/conformity.ts'
import { CloudFront } from '../cloud/front.ts'
import type { ServerOptions } from '../http/server.ts'
import type { Answer, NoAnswer, Request } from '../http/wire.ts'
import { answerAction, knownActions } from './actions.ts'
import { checkCredentials, denial, readQuery } from './authorize.ts'
import { exceptions } from './conformity.ts'
import { isAllowed, permissionsOf } from './policy.ts'
import { decode, encode, escapeXml, readOperation } from './schema.ts'
import { answerQuota, isForQuotas } from './quotas.ts'
import { answerSts, isForSts } from './sts.ts'
import { Refusal, type JournalEntry } from './wire.ts'
import type { World } from './world.ts'

/** EC2's query protocol over HTTP, for every region; and STS and Service Quotas, which stand at the same address and take no part in faults. */
export abstract class Front extends CloudFront<World, JournalEntry> {
  /** What STS was asked. */
  readonly stsJournal: JournalEntry[] = []
  /** Twelve digits. */
  readonly account: string

  constructor(world: World, account: string, options: ServerOptions) {
    super(world, options, new Conformity('ec2', exceptions))
    this.account = account
  }

  protected read(request: Request): JournalEntry {
    return { ...this.entryOf(request), ...readQuery(request) }
  }

  protected refusalOf(kind: '5xx' | 'throttle'): Refusal {
    return kind === 'throttle'
      ? new Refusal('RequestLimitExceeded', 'Request limit exceeded.', 503)
      : new Refusal('InternalError', 'An internal error has occurred', 500)
  }

  protected override bucketOf({ region, action }: JournalEntry): string {
    return `${region} ${action}`
  }

  protected said(_entry: JournalEntry, { status, code, message }: Refusal): Answer {
    const error = `<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`
    return xml(status, `<Response><Errors>${error}</Errors><RequestID>${randomUUID()}</RequestID></Response>`)
  }

  protected override dress(_entry: JournalEntry, _request: Request, answer: Answer): Answer {
    const headers = {
      'x-amzn-requestid': randomUUID(),
      // By its own clock: the SDK takes a difference for a wrong clock of its host.
      date: new Date(this.now()).toUTCString(),
      ...(answer.status >= 400 ? refusalHeaders : {}),
    }
    return { ...answer, headers: { ...answer.headers, ...headers } }
  }

  protected act(entry: JournalEntry, request: Request): Answer {
    const { dials } = this.world
    checkCredentials(entry, dials)
    if (!knownActions.has(entry.action))
      throw this.misread(
        request,
        new Refusal('InvalidAction', `The action ${entry.action} is not known to this emulator`),
      )
    if (dials.denied.has(entry.action) || dials.denied.has(`${entry.action}@${entry.region}`))
      throw denial(`ec2:${entry.action}`)
    const operation = readOperation((sdk as unknown as Record<string, unknown>)[`${entry.action}$`])
    const problems: string[] = []
    const input = decode(
      operation.input,
      entry.parameters.filter(([name]) => name !== 'Action' && name !== 'Version'),
      problems,
    )
    if (problems.length > 0)
      throw this.misread(request, new Refusal('UnknownParameter', `${entry.action}: ${problems.join('; ')}`))
    entry.input = input
    entry.permissions = permissionsOf(entry.action, entry.region, input, (id) =>
      this.world.machines.all.find((machine) => machine.id === id),
    )
    const { policies } = dials
    const missing = policies && entry.permissions.find((needed) => !isAllowed(policies, needed))
    if (missing) throw denial(missing.action, missing.resource)
    const output = encode(operation.output, answerAction(this.world, entry.action, entry.region, input))
    const namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/'
    const head = `<${entry.action}Response xmlns="${namespace}"><requestId>${randomUUID()}</requestId>`
    return xml(200, `${head}${output}</${entry.action}Response>`)
  }

  #quota(entry: JournalEntry, { bytes }: Request): Answer {
    const headers = { 'content-type': 'application/x-amz-json-1.1' }
    try {
      const asked = JSON.parse(bytes.toString('utf8')) as unknown
      return { status: 200, headers, body: JSON.stringify(answerQuota(entry, asked, this.world.dials)) }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (/^(InvalidRequest|UnknownOperation)/.test(error.code)) this.refuse('quota', error.message)
      return { status: 400, headers, body: JSON.stringify({ __type: error.code, Message: error.message }) }
    }
  }

  protected override side(request: Request): Answer | NoAnswer | undefined {
    const { dials } = this.world
    const entry = this.read(request)
    if (isForQuotas(entry)) return this.#quota(entry, request)
    if (!isForSts(entry)) return undefined
    this.stsJournal.push(entry)
    this.world.changed()
    if (dials.sts === 'silent') return 'hang'
    const headers = { 'content-type': 'text/xml' }
    try {
      return { status: 200, headers, body: answerSts(entry, this.account, dials) }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (error.status === 400) this.refuse('sts', error.message)
      const body = `<ErrorResponse><Error><Code>${error.code}</Code><Message>${escapeXml(error.message)}</Message></Error></ErrorResponse>`
      return { status: error.status, headers, body }
    }
  }
}

const refusalHeaders = {
  'cache-control': 'no-cache, no-store',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
}

function xml(status: number, body: string): Answer {
  const headers = { 'content-type': 'text/xml;charset=UTF-8' }
  return { status, headers, body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}` }
}
