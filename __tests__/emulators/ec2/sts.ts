import { randomUUID } from 'node:crypto'
import { scopeOf } from './authorize.ts'
import { Refusal, type Dials, type JournalEntry } from './wire.ts'

/** Was a request signed for the Security Token Service, which stands at the same address here? */
export function isForSts({ headers }: JournalEntry): boolean {
  return scopeOf(headers.authorization)?.service === 'sts'
}

/**
 * Answers GetCallerIdentity, and nothing else: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html. It needs no permission, and so
 * credentials that may do nothing are told whose they are.
 */
export function answerSts(entry: JournalEntry, account: string, { credentials }: Dials): string {
  const { action, method, path, headers, parameters } = entry
  const value = (name: string): string | undefined => parameters.find(([key]) => key === name)?.[1]
  if (method !== 'POST' || path !== '/' || !headers['x-amz-date'])
    throw new Refusal('IncompleteSignature', 'The request is not a whole signed POST to /', 403)
  if (!headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
    throw new Refusal('MalformedInput', `The content type ${headers['content-type']} is not a form`)
  if (credentials === 'expired')
    throw new Refusal('ExpiredToken', 'The security token included in the request is expired', 403)
  if (credentials === 'unknown')
    throw new Refusal('InvalidClientTokenId', 'The security token included in the request is invalid.', 403)
  if (value('Version') !== '2011-06-15' || action !== 'GetCallerIdentity' || parameters.length !== 2)
    throw new Refusal('InvalidAction', `Could not find operation ${action} for version ${value('Version')}`)
  return [
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>',
    `<Arn>arn:aws:sts::${account}:assumed-role/ci/run</Arn><UserId>AROAEMULATED:run</UserId><Account>${account}</Account>`,
    `</GetCallerIdentityResult><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
  ].join('')
}
