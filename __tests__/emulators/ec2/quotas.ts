import { scopeOf } from './authorize.ts'
import { isAllowed } from './policy.ts'
import { Refusal, type Dials, type JournalEntry } from './wire.ts'

const action = 'servicequotas:GetServiceQuota'

/** Was a request signed for Service Quotas, which stands at the same address here? */
export function isForQuotas({ headers }: JournalEntry): boolean {
  return scopeOf(headers.authorization)?.service === 'servicequotas'
}

/** Answers GetServiceQuota, and nothing else: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html */
export function answerQuota(
  { method, path, headers, region }: JournalEntry,
  body: unknown,
  dials: Dials,
): object {
  const { ServiceCode, QuotaCode, ...others } = (body ?? {}) as Readonly<Record<string, string>>
  if (method !== 'POST' || path !== '/' || headers['content-type'] !== 'application/x-amz-json-1.1')
    throw new Refusal('InvalidRequest', 'The request is no POST of JSON to /')
  if (headers['x-amz-target'] !== 'ServiceQuotasV20190624.GetServiceQuota' || Object.keys(others).length > 0)
    throw new Refusal('UnknownOperationException', 'The operation is not known to this emulator')
  if (dials.credentials !== 'valid')
    throw new Refusal('UnrecognizedClientException', 'The security token included in the request is invalid.')
  const denied =
    dials.denied.has('GetServiceQuota') ||
    (dials.policies && !isAllowed(dials.policies, { action, resource: '*', context: {} }))
  if (denied)
    throw new Refusal(
      'AccessDeniedException',
      `User: arn:aws:sts::111122223333:assumed-role/ci/run is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`,
    )
  const value = ServiceCode === 'ec2' ? dials.quotas.get(QuotaCode ?? '') : undefined
  if (value === undefined)
    throw new Refusal(
      'NoSuchResourceException',
      'The request failed because the specified quota does not exist.',
    )
  return {
    Quota: {
      ...{ Adjustable: true, GlobalQuota: false, QuotaAppliedAtLevel: 'ACCOUNT' },
      QuotaArn: `arn:aws:servicequotas:${region}:111122223333:ec2/${QuotaCode}`,
      ...{ QuotaCode, QuotaName: 'Running machines', ServiceCode, Unit: 'None', Value: value },
      ServiceName: 'Amazon Elastic Compute Cloud (Amazon EC2)',
    },
  }
}
